// Makes MongoDB a replica set of one and gives the engine its user: `mongosh --nodb mongodb.js`. May run any number of times.
const { readFileSync } = require('fs');

const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();
const MEMBER = 'mongodb:27017';
const NOT_YET_INITIATED = 94;

const admin = connect(`mongodb://root:${secret('mongodb-root-password')}@${MEMBER}/admin?directConnection=true`);
try {
  admin.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.code !== NOT_YET_INITIATED) throw error;
  admin.adminCommand({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: MEMBER }] } });
}
while (!admin.hello().isWritablePrimary) sleep(200);

const engine = admin.getSiblingDB('engine');
const user = { pwd: secret('mongodb-engine-password'), roles: [{ role: 'readWrite', db: 'engine' }] };
if (engine.getUser('engine')) engine.updateUser('engine', user);
else engine.createUser({ user: 'engine', ...user });
print('MongoDB is ready');
