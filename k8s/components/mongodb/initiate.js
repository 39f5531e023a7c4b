// Makes the replica set of the members that there are to be. Done again it changes nothing; more members are added.
const wanted = Array.from({ length: Number(process.env.MEMBERS) }, (_, number) => ({
  _id: number,
  host: `mongodb-${number}.mongodb:27017`,
}));
let config;
try {
  config = rs.conf();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
}
if (config === undefined) {
  rs.initiate({ _id: "rs0", members: [wanted[0]] });
}
for (let tries = 0; !db.hello().isWritablePrimary; tries += 1) {
  if (tries === 60) throw new Error("mongodb-0 has not become the primary within a minute");
  sleep(1000);
}
const known = rs.conf().members.map((member) => member.host);
for (const member of wanted) if (!known.includes(member.host)) rs.add({ host: member.host });
print(`members: ${rs.conf().members.map((member) => member.host).join(", ")}`);
