// The component's thread. It has the component, its spool and a line to the main thread; accounts, links and sockets are over there.

import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Caller } from './channel.js';
import { http } from './imports/http.js';
import { secrets } from './imports/secrets.js';
import { checkpoint, exclusive, progress, random, time } from './imports/small.js';
import { spool } from './imports/spool.js';

const { flags, port, transpiled, folder, verb, given } = workerData;
const host = new Caller(flags, port);
const imports = {
  'writeback:connector/secrets': secrets(host),
  'writeback:connector/spool': spool(host, folder),
  'writeback:connector/http': http(host),
  'writeback:connector/time': time(host),
  'writeback:connector/checkpoint': checkpoint(host),
  'writeback:connector/exclusive': exclusive(host),
  'writeback:connector/progress': progress(),
  'wasi:random/insecure-seed': random(),
};

const { instantiate } = await import(new URL('connector.js', transpiled));
const { writeback } = await instantiate(async (name) => WebAssembly.compile(await readFile(new URL(name, transpiled))), imports);
parentPort.postMessage(outcome());

function outcome() {
  try {
    return { answer: writeback[verb](...given) };
  } catch (error) {
    if (!error.payload?.code) throw error;
    return { failure: error.payload };
  }
}
