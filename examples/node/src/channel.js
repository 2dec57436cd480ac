// Calls from the component's thread that wait for an answer of the main thread: imports are synchronous, I/O is not.

import { receiveMessageOnPort } from 'node:worker_threads';

const ANSWERED = 0;
const CANCELLED = 1;

// What both threads see: whether there is an answer, and whether the run is being cancelled.
export function shared() {
  return new Int32Array(new SharedArrayBuffer(8));
}

export function cancel(flags) {
  Atomics.store(flags, CANCELLED, 1);
  Atomics.notify(flags, CANCELLED);
}

// The component's side.
export class Caller {
  #flags;
  #port;

  constructor(flags, port) {
    this.#flags = flags;
    this.#port = port;
  }

  // The answer. An error that the component shall see is thrown as it is.
  call(name, ...given) {
    Atomics.store(this.#flags, ANSWERED, 0);
    this.#port.postMessage({ name, given });
    Atomics.wait(this.#flags, ANSWERED, 0);
    const { answer, error } = receiveMessageOnPort(this.#port).message;
    if (error) throw error;
    return answer;
  }

  get cancelled() {
    return Atomics.load(this.#flags, CANCELLED) === 1;
  }

  // Whether the pause ended early, because the run is being cancelled.
  pause(milliseconds) {
    return Atomics.wait(this.#flags, CANCELLED, 0, milliseconds) !== 'timed-out';
  }
}

// The main thread's side: answers calls by the functions of `services`. `asError` makes of an exception what the component shall see.
export function serve(flags, port, services, asError) {
  port.on('message', async ({ name, given }) => {
    let reply;
    try {
      reply = { answer: await services[name](...given) };
    } catch (error) {
      reply = { error: asError(error) };
    }
    port.postMessage(reply);
    Atomics.store(flags, ANSWERED, 1);
    Atomics.notify(flags, ANSWERED);
  });
}
