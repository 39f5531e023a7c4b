"""Pipelines, announced services and engines in MongoDB.

The document of a route holds the row that it opens, so that opening a version is one update. The row is copied to
`pipelines` afterwards, or by whoever finds it missing there: where it is replaced, and where pipelines are pruned.
"""

from pymongo.errors import DuplicateKeyError

from engine.errors import Conflict
from engine.store.base import KEPT_VERSIONS, EngineRow, PipelineRow, ServiceRow
from engine.store.mongo_link import Database, Document, Link
from engine.store.mongo_schema import pipeline_document, pipeline_row, service_document, service_row

_BESIDES = {"route": 1, "version": 1, "kind": 1, "created": 1}


class Pipelines:
    """Reads and writes `routes` and `pipelines`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add(self, row: PipelineRow) -> bool:
        """See `Store.add_pipeline`."""
        document = pipeline_document(row)

        async def work(database: Database, again: bool) -> bool:
            while True:
                found = await database["routes"].find_one({"_id": row.route})
                if again and found is not None and found["open"] == row.id:
                    break  # it took effect when it was asked before
                if found is not None and found["latest"] >= row.version:
                    return False
                if await self._open(database, found, document):
                    break
            await _keep(database, document)
            return True

        return await self._link.run(work)

    async def _open(self, database: Database, found: Document | None, document: Document) -> bool:
        """Put it in the place of what the route opened before, if that is still so."""
        opened = {"latest": document["version"], "open": document["_id"], "row": document}
        if found is None:
            try:
                await database["routes"].insert_one({"_id": document["route"], **opened})
            except DuplicateKeyError:
                return False
            return True
        if found["row"] is not None:
            await _keep(database, found["row"])
        chosen = {"_id": document["route"], "latest": {"$eq": found["latest"]}}
        return bool((await database["routes"].update_one(chosen, {"$set": opened})).matched_count)

    async def close(self, route: str) -> bool:
        """See `Store.close_pipeline`."""

        async def work(database: Database, again: bool) -> bool:
            found = await database["routes"].find_one({"_id": route})
            if found is None or found["open"] is None:
                return again and found is not None
            chosen = {"_id": route, "open": {"$eq": found["open"]}}
            return bool((await database["routes"].update_one(chosen, {"$set": {"open": None}})).matched_count)

        return await self._link.run(work)

    async def routes(self) -> list[Document]:
        """The documents of all routes that are open, by route."""

        async def work(database: Database, again: bool) -> list[Document]:
            return await database["routes"].find().to_list(None)

        found = [each for each in await self._link.run(work) if each["open"] is not None]
        return sorted(found, key=lambda each: str(each["_id"]))

    async def open_ids(self) -> dict[str, str]:
        """See `Store.open_ids`."""

        async def work(database: Database, again: bool) -> list[Document]:
            return await database["routes"].find({}, {"open": 1}).to_list(None)

        return {each["_id"]: each["open"] for each in await self._link.run(work) if each["open"] is not None}

    async def route(self, route: str) -> Document | None:
        """The document of a route."""

        async def work(database: Database, again: bool) -> Document | None:
            return await database["routes"].find_one({"_id": route})

        return await self._link.run(work)

    async def definition(self, definition_id: str) -> PipelineRow | None:
        """See `Store.definition`."""

        async def work(database: Database, again: bool) -> Document | None:
            found: Document | None = await database["pipelines"].find_one({"_id": definition_id})
            if found is None:  # opened, and its engine was gone before it was copied
                for route in await database["routes"].find({"open": {"$eq": definition_id}}).to_list(None):
                    found = route["row"]
            return found

        found = await self._link.run(work)
        return None if found is None else pipeline_row(found)

    async def versions(self, route: str) -> list[PipelineRow]:
        """See `Store.versions`."""

        async def work(database: Database, again: bool) -> list[Document]:
            opened = await database["routes"].find_one({"_id": route})
            cursor = database["pipelines"].find({"route": {"$eq": route}})
            found = {each["_id"]: each for each in await cursor.to_list(None)}
            if opened is not None and opened["row"] is not None:
                found[opened["row"]["_id"]] = opened["row"]
            return [each for each in found.values() if each["kind"] != "trial"]

        rows = [pipeline_row(each) for each in await self._link.run(work)]
        return sorted(rows, key=lambda row: row.version, reverse=True)

    async def add_definition(self, row: PipelineRow) -> None:
        """See `Store.add_definition`."""
        document = pipeline_document(row)

        async def work(database: Database, again: bool) -> None:
            try:
                await database["pipelines"].insert_one(document)
            except DuplicateKeyError as error:
                found = await database["pipelines"].find_one({"_id": row.id})
                if not again or found is None or pipeline_row(found) != row:
                    raise Conflict(f"There is a definition {row.id} already.") from error

        await self._link.run(work)

    async def prune(self, before: int) -> int:
        """See `Store.prune_pipelines`. One look at an index of `tasks` for each that may go."""

        async def work(database: Database, again: bool) -> int:
            routes = await database["routes"].find().to_list(None)
            kept = await _kept(database, routes)
            cursor = database["pipelines"].find({"created": {"$lt": before}}, _BESIDES)
            removed = 0
            for each in await cursor.to_list(None):
                if each["_id"] in kept or await database["tasks"].find_one(
                    {"definition": {"$eq": each["_id"]}}, {"task": 1}
                ):
                    continue
                chosen = {"_id": each["route"], "latest": {"$eq": each["version"]}, "open": None}
                await database["routes"].update_one(chosen, {"$set": {"row": None}})
                removed += (await database["pipelines"].delete_one({"_id": each["_id"]})).deleted_count
            return removed

        return await self._link.run(work)


async def _kept(database: Database, routes: list[Document]) -> set[str]:
    """Ids of the definitions that stay although no task uses them. Copies what was not copied."""
    found = await database["pipelines"].find({}, _BESIDES).to_list(None)
    known = {each["_id"] for each in found}
    for route in routes:
        if route["row"] is not None and route["row"]["_id"] not in known:
            await _keep(database, route["row"])
            found.append(route["row"])
    kept = {route["open"] for route in routes if route["open"] is not None}
    proper = {route["_id"] for route in routes if route["open"] is not None and route["row"]["kind"] == "pipeline"}
    by_route: dict[str, list[Document]] = {}
    for each in found:
        if each["route"] in proper and each["kind"] == "pipeline":
            by_route.setdefault(each["route"], []).append(each)
    for each_route in by_route.values():
        each_route.sort(key=lambda each: int(each["version"]), reverse=True)
        kept |= {each["_id"] for each in each_route[:KEPT_VERSIONS]}
    return kept


async def _keep(database: Database, document: Document) -> None:
    try:
        await database["pipelines"].insert_one(document)
    except DuplicateKeyError:
        return  # it is there


class Announced:
    """Reads and writes `services` and `engines`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def announce(self, row: ServiceRow) -> None:
        """See `Store.announce`."""
        await self._replace("services", service_document(row))

    async def beat(self, row: EngineRow) -> None:
        """See `Store.beat`."""
        await self._replace("engines", {"_id": row.id, "place": row.place, "beat": row.beat})

    async def _replace(self, collection: str, document: Document) -> None:
        async def work(database: Database, again: bool) -> None:
            change = {"$set": {name: value for name, value in document.items() if name != "_id"}}
            try:
                await database[collection].update_one({"_id": document["_id"]}, change, upsert=True)
            except DuplicateKeyError:  # two added it at once
                await database[collection].update_one({"_id": document["_id"]}, change)

        await self._link.run(work)

    async def remove(self, collection: str, document_id: str) -> None:
        """See `Store.withdraw`, `Store.leave`."""

        async def work(database: Database, again: bool) -> None:
            await database[collection].delete_one({"_id": document_id})

        await self._link.run(work)

    async def silence(self, row: ServiceRow) -> bool:
        """See `Store.silence`. Where the acknowledgement was lost and it is silent now: yes."""

        async def work(database: Database, again: bool) -> bool:
            services, service_id = database["services"], f"{row.route} {row.url}"
            chosen = {"_id": service_id, "seen": {"$eq": row.seen}}
            if (await services.update_one(chosen, {"$set": {"seen": 0}})).matched_count:
                return True
            found = await services.find_one({"_id": service_id}) if again else None
            return found is not None and found["seen"] == 0

        return await self._link.run(work)

    async def services(self) -> list[ServiceRow]:
        """See `Store.services`."""
        rows = [service_row(each) for each in await self._all("services")]
        return sorted(rows, key=lambda row: (row.route, row.url))

    async def engines(self) -> list[EngineRow]:
        """See `Store.engines`."""
        found = await self._all("engines")
        return sorted((EngineRow(each["_id"], each["place"], each["beat"]) for each in found), key=lambda row: row.id)

    async def _all(self, collection: str) -> list[Document]:
        async def work(database: Database, again: bool) -> list[Document]:
            return await database[collection].find().to_list(None)

        return await self._link.run(work)
