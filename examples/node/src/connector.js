// Runs the component in a thread of its own, one a run, and answers its calls here.

import { MessageChannel, Worker } from 'node:worker_threads';
import * as channel from './channel.js';
import { Links } from './links.js';
import { Services, asError } from './services.js';

const MEMORY_MB = 256;

// Why a job ended without a receipt.
export class Failure extends Error {
  constructor({ code, message, hint, retryAfter }) {
    super(message);
    Object.assign(this, { code, hint, retryAfter });
  }
}

export class Connector {
  #transpiled;

  // The folder that `jco transpile` wrote, as a URL with a trailing slash.
  constructor(transpiled) {
    this.#transpiled = transpiled;
  }

  // The accounts that a job asks for, as `[name, kinds]`: the connector says where they stand.
  async accountsOf(job) {
    const run = { accounts: new Map(), links: new Links() };
    const { accounts } = JSON.parse(await this.#call(new Services(run), undefined, 'describe', []));
    const named = accounts.map(({ pointer, kinds }) => [pointer.split('/').slice(1).reduce((value, member) => value?.[member], job), kinds]);
    return named.filter(([name]) => typeof name === 'string');
  }

  // The receipt of a job, as JSON. `run` is `{accounts, connections, folder, turns, signal}`.
  async run(run, job) {
    const services = new Services({ ...run, links: new Links() });
    try {
      return await this.#call(services, run, 'run', [JSON.stringify(job), services.lastCheckpoint()]);
    } finally {
      services.close();
    }
  }

  #call(services, run, verb, given) {
    const flags = channel.shared();
    const { port1, port2 } = new MessageChannel();
    const functions = Object.fromEntries(
      ['open', 'endpoint', 'identity', 'renew', 'send', 'read', 'drop', 'save', 'hold'].map((name) => [name, services[name].bind(services)]),
    );
    channel.serve(flags, port1, functions, asError);
    const stop = () => channel.cancel(flags);
    run?.signal.addEventListener('abort', stop);
    const worker = new Worker(new URL('guest.js', import.meta.url), {
      workerData: { flags, port: port2, transpiled: this.#transpiled, folder: run?.folder, verb, given },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    const ended = new Promise((done, failed) => {
      worker.on('message', ({ answer, failure }) => (failure ? failed(new Failure(failure)) : done(answer)));
      worker.on('error', failed);
      worker.on('exit', () => failed(new Error('the component ended without an answer')));
    });
    return ended.finally(() => {
      run?.signal.removeEventListener('abort', stop);
      port1.close();
      return worker.terminate();
    });
  }
}
