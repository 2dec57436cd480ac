// What the component's thread may ask of the main thread: the halves of the imports that need accounts, links or I/O.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failed, Forbidden, TimedOut } from './connections.js';
import { exchange } from './exchange.js';
import * as files from './files.js';
import { Refused, Unavailable } from './oauth.js';
import { Denied } from './policy.js';

// Renewals that a component may ask for, each account and run.
const RENEWALS = 2;
// Bytes that one read returns at most.
const READ_BYTES = 1 << 20;
const STATE_BYTES = 1 << 20;
const REPLIES = 1000;

export class Services {
  #run;
  #renewals = new Map();
  #replies = new Map();
  #last = 0;
  #turn;

  // `run` is `{accounts, links, connections, folder, turns}`.
  constructor(run) {
    this.#run = run;
  }

  open(name) {
    if (!this.#run.accounts.has(name)) throw { tag: 'undeclared', val: `the run was not given an account \`${name}\`` };
    return name;
  }

  endpoint(name, service) {
    const account = this.#run.accounts.get(name);
    const known = account.services.get(service);
    if (!known) throw { tag: 'undeclared', val: `account \`${name}\` (kind \`${account.kind}\`) has no service \`${service}\`` };
    return known.endpoint.text;
  }

  async identity(name) {
    const { subject, roles, scopes, expires } = await signedIn(this.#run.accounts.get(name), false);
    return { subject, roles, scopes, expires: BigInt(expires) };
  }

  async renew(name) {
    const done = this.#renewals.get(name) ?? 0;
    if (done === RENEWALS) throw { tag: 'refused', val: `account \`${name}\` was signed in again ${RENEWALS} times in this run already` };
    this.#renewals.set(name, done + 1);
    await signedIn(this.#run.accounts.get(name), true);
  }

  async send(request, name, body) {
    if (this.#replies.size === REPLIES) throw { tag: 'limit', val: `the component holds ${REPLIES} replies already` };
    const reply = await exchange(this.#run, request, name, body);
    this.#last += 1;
    this.#replies.set(this.#last, reply);
    return { id: this.#last, status: reply.status, headers: reply.headers };
  }

  async read(id, max) {
    const reply = this.#replies.get(id);
    const most = Math.min(max, READ_BYTES);
    if (!reply.whole) return reply.received.read(most);
    const part = reply.whole.subarray(0, most);
    reply.whole = reply.whole.subarray(part.length);
    return part;
  }

  drop(id) {
    this.#replies.get(id).received.close();
    this.#replies.delete(id);
  }

  // The state, and before it the links that it names: whoever comes back with the state finds them.
  save(state) {
    if (state.length > STATE_BYTES) throw { tag: 'io', val: `a checkpoint holds at most ${STATE_BYTES} bytes` };
    try {
      files.write(join(this.#run.folder, 'links'), this.#run.links.namedIn(state));
      files.write(join(this.#run.folder, 'checkpoint'), state);
    } catch (error) {
      throw { tag: 'io', val: `the checkpoint's file: ${error.code}` };
    }
  }

  // What an earlier attempt of this run saved last.
  lastCheckpoint() {
    const path = join(this.#run.folder, 'checkpoint');
    if (!existsSync(path)) return undefined;
    this.#run.links.restore(readFileSync(join(this.#run.folder, 'links'), 'utf8'), this.#run.accounts);
    return readFileSync(path);
  }

  // Takes the turn of this name, unless another run has it.
  async hold(name) {
    const length = Buffer.byteLength(name);
    if (length < 1 || length > 1024) throw { tag: 'io', val: 'the name of a turn has 1 to 1024 bytes' };
    if (this.#turn) throw { tag: 'io', val: 'the run holds a turn already' };
    this.#turn = await files.hold(`${this.#run.turns} ${name}`);
    return this.#turn !== undefined;
  }

  close() {
    this.#turn?.close();
    for (const { received } of this.#replies.values()) received.close();
  }
}

async function signedIn(account, renew) {
  try {
    return await account.signedIn(renew);
  } catch (error) {
    if (error instanceof Refused) throw { tag: 'refused', val: error.message };
    if (error instanceof Unavailable) throw { tag: 'unavailable', val: error.message };
    throw error;
  }
}

// What the component sees of an exception: an error of the interface. Anything else is a fault of this program and ends the run.
export function asError(error) {
  const tag = [
    [Denied, 'denied'], [Forbidden, 'denied'], [Refused, 'sign-in'], [TimedOut, 'timeout'], [Failed, 'transport'], [Unavailable, 'transport'],
  ].find(([kind]) => error instanceof kind)?.[1];
  return tag ? { tag, val: error.message } : error;
}
