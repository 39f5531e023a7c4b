-- A file of schema number 3, as the engine of that time left it.
BEGIN TRANSACTION;
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    previous INTEGER NOT NULL
, root TEXT);
INSERT INTO "changes" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,2,0,NULL);
INSERT INTO "changes" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',1,2,0,NULL);
INSERT INTO "changes" VALUES(3,'cccccccccccccccccccccccccccccccc',1,2,0,NULL);
INSERT INTO "changes" VALUES(5,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',3,4,2,NULL);
INSERT INTO "changes" VALUES(6,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',5,5,5,NULL);
INSERT INTO "changes" VALUES(7,'cccccccccccccccccccccccccccccccc',3,3,3,NULL);
CREATE TABLE counters (
    definition TEXT NOT NULL,
    route TEXT NOT NULL,
    status TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (definition, route, status)
) WITHOUT ROWID;
INSERT INTO "counters" VALUES('d1','blur','running',1);
INSERT INTO "counters" VALUES('d2','blur','finished',1);
INSERT INTO "counters" VALUES('d2','blur','running',0);
INSERT INTO "counters" VALUES('d3','crop','error',1);
INSERT INTO "counters" VALUES('d3','crop','finished',0);
INSERT INTO "counters" VALUES('d3','crop','running',0);
CREATE TABLE engines (id TEXT PRIMARY KEY, place TEXT NOT NULL, beat INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE pipelines (
    id TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    document BLOB NOT NULL
);
INSERT INTO "pipelines" VALUES('d1','blur',1,'pipeline',1000,X'7B2276223A20317D');
INSERT INTO "pipelines" VALUES('d2','blur',2,'pipeline',2000,X'7B2276223A20327D');
INSERT INTO "pipelines" VALUES('d3','crop',1,'service',3000,X'7B2276223A20337D');
CREATE TABLE routes (
    route TEXT PRIMARY KEY,
    latest INTEGER NOT NULL,
    open TEXT
) WITHOUT ROWID;
INSERT INTO "routes" VALUES('blur',2,'d2');
INSERT INTO "routes" VALUES('crop',1,'d3');
CREATE TABLE services (
    route TEXT NOT NULL,
    url TEXT NOT NULL,
    api BLOB NOT NULL,
    interval REAL NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (route, url)
) WITHOUT ROWID;
INSERT INTO "services" VALUES('crop','http://127.0.0.1:9000',X'7B22726F757465223A202263726F70227D',30.0,4000);
CREATE TABLE submissions (
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (route, key)
) WITHOUT ROWID;
INSERT INTO "submissions" VALUES('blur','key','digest','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    route TEXT NOT NULL,
    definition TEXT NOT NULL,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    ended INTEGER,
    due INTEGER,
    waiting INTEGER NOT NULL,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    last_change INTEGER NOT NULL,
    document BLOB NOT NULL
, root TEXT, parent TEXT, family TEXT NOT NULL DEFAULT '', position INTEGER NOT NULL DEFAULT 0, result BLOB, holders TEXT NOT NULL DEFAULT '');
INSERT INTO "tasks" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1,'blur','d1','running',5000,NULL,7000,1,1,2,1,X'7B227461736B223A202261227D',NULL,NULL,'',0,NULL,'older-engine');
INSERT INTO "tasks" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',3,'blur','d2','finished',5001,6000,NULL,0,5,5,6,X'7B227461736B223A202262227D',NULL,NULL,'',0,NULL,'');
INSERT INTO "tasks" VALUES('cccccccccccccccccccccccccccccccc',2,'crop','d3','error',5002,6001,NULL,0,3,3,7,X'7B227461736B223A202263227D',NULL,NULL,'',0,NULL,'');
CREATE INDEX tasks_waiting ON tasks (id) WHERE status = 'running' AND waiting;
CREATE INDEX tasks_due ON tasks (due) WHERE status = 'running' AND due IS NOT NULL;
CREATE INDEX submissions_by_task ON submissions (task);
CREATE INDEX pipelines_by_route ON pipelines (route, version);
CREATE INDEX tasks_by_status ON tasks (status, created, id) WHERE root IS NULL;
CREATE INDEX tasks_by_route ON tasks (route, status, created, id) WHERE root IS NULL;
CREATE INDEX tasks_ended ON tasks (ended) WHERE root IS NULL AND ended IS NOT NULL;
CREATE UNIQUE INDEX children ON tasks (root, parent, family, position) WHERE root IS NOT NULL;
CREATE INDEX children_open ON tasks (parent, family, status, position)
    WHERE root IS NOT NULL AND status <> 'finished';
CREATE INDEX changes_of_children ON changes (root, number) WHERE root IS NOT NULL;
CREATE TRIGGER task_created AFTER INSERT ON tasks BEGIN
    INSERT INTO changes (number, task, first_event, last_event, previous, root)
        VALUES (new.last_change, new.id, new.first_event, new.last_event, 0, new.root);
    INSERT INTO counters (definition, route, status, number) VALUES (new.definition,
            CASE WHEN new.root IS NULL THEN new.route ELSE '' END,
            CASE WHEN new.root IS NULL THEN new.status ELSE '' END, 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER task_saved AFTER UPDATE OF last_change ON tasks BEGIN
    INSERT INTO changes (number, task, first_event, last_event, previous, root)
        VALUES (new.last_change, new.id, new.first_event, new.last_event, old.last_change, new.root);
END;
CREATE TRIGGER task_deleted AFTER DELETE ON tasks BEGIN
    UPDATE counters SET number = number - 1 WHERE definition = old.definition
        AND route = CASE WHEN old.root IS NULL THEN old.route ELSE '' END
        AND status = CASE WHEN old.root IS NULL THEN old.status ELSE '' END;
END;
CREATE INDEX tasks_held ON tasks (holders, id) WHERE status = 'running';
CREATE TRIGGER task_moved AFTER UPDATE OF status ON tasks
    WHEN old.status <> new.status AND new.root IS NULL BEGIN
    UPDATE counters SET number = number - 1
        WHERE definition = old.definition AND route = old.route AND status = old.status;
    INSERT INTO counters (definition, route, status, number) VALUES (new.definition, new.route, new.status, 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('changes',8);
COMMIT;
PRAGMA user_version = 3;
