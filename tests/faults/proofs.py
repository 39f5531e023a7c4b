"""All proofs by name, in the order of the table."""

from tests.faults import away, clocks, cluster, cuts, deployments, disk, flat, ill, killed, schedules
from tests.faults.proof import Proof

PROOFS: dict[str, Proof] = {
    "killed": killed.embedded,
    "cluster-killed": cluster.killed,
    "services": ill.services,
    "database-away": away.database,
    "binaries-away": away.binaries,
    "mongo-away": cluster.database_away,
    "s3-away": cluster.objects_away,
    "disk-full": disk.full,
    "clock": clocks.jumps,
    "stopped": cluster.stopped,
    "cut-uploads": cuts.uploads,
    "cut-callbacks": cuts.callbacks,
    "deployment": deployments.restarted,
    "rolling": cluster.rolling,
    "wide-join": cluster.wide_join,
    "cold-start": cluster.cold_start,
    "schedules": schedules.schedules,
    "memory": flat.flat,
}
