// `spool`: blobs in files of the run's folder. Names are words, never paths.

import { closeSync, existsSync, fsyncSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { rename } from '../files.js';

const NAME = /^(?!.*\.part$)[a-z0-9_-][a-z0-9_.-]{0,63}$/;
const BLOBS = 64;
const READ_BYTES = 1 << 20;

// Written by appending, sealed, then read at any offset. An unsealed blob's file ends in `.part`; sealing renames it.
class Stored {
  constructor(path) {
    this.path = path;
    this.part = `${path}.part`;
    this.sealed = existsSync(path);
    this.length = this.sealed ? statSync(path).size : 0;
    this.file = this.sealed ? undefined : openSync(this.part, 'w+', 0o600);
  }

  append(bytes) {
    if (this.sealed) throw { tag: 'io', val: 'the blob is sealed' };
    let written = 0;
    while (written < bytes.length) written += writeSync(this.file, bytes, written);
    this.length += bytes.length;
  }

  seal() {
    if (this.sealed) return;
    fsyncSync(this.file);
    closeSync(this.file);
    rename(this.part, this.path);
    this.sealed = true;
  }

  reset() {
    if (!this.sealed) closeSync(this.file);
    rmSync(this.path, { force: true });
    Object.assign(this, { file: openSync(this.part, 'w+', 0o600), sealed: false, length: 0 });
  }

  read(offset, max) {
    const bytes = Buffer.alloc(Math.min(max, READ_BYTES, Math.max(this.length - offset, 0)));
    const file = openSync(this.slice(offset, bytes.length).path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
    } finally {
      closeSync(file);
    }
  }

  // Where `length` bytes from `offset` are.
  slice(offset, length) {
    if (offset + length > this.length) throw { tag: 'io', val: `the blob ends at ${this.length} bytes, before ${offset} + ${length}` };
    return { path: this.sealed ? this.path : this.part, offset, length };
  }
}

export function spool(host, folder) {
  const blobs = new Map();

  class Blob {
    #stored;

    constructor(stored) {
      this.#stored = stored;
    }
    append(bytes) {
      if (host.cancelled) throw { tag: 'cancelled' };
      io(() => this.#stored.append(bytes));
    }
    seal() {
      io(() => this.#stored.seal());
    }
    reset() {
      io(() => this.#stored.reset());
    }
    length() {
      return BigInt(this.#stored.length);
    }
    sealed() {
      return this.#stored.sealed;
    }
    read(offset, max) {
      return io(() => this.#stored.read(Number(offset), max));
    }
    // For a request's content; not one of the component's.
    slice(offset, length) {
      try {
        return this.#stored.slice(offset, length);
      } catch (error) {
        throw { tag: 'denied', val: `the content cannot be sent: ${error.val}` };
      }
    }
  }

  function open(name) {
    if (!NAME.test(name)) throw { tag: 'io', val: "a blob's name is 1 to 64 of a-z, 0-9, `-`, `_`, `.`" };
    if (!blobs.has(name) && blobs.size === BLOBS) throw { tag: 'io', val: `a run has at most ${BLOBS} blobs` };
    if (!blobs.has(name)) blobs.set(name, io(() => new Stored(join(folder, name))));
    return new Blob(blobs.get(name));
  }
  return { Blob, open };
}

function io(work) {
  try {
    return work();
  } catch (error) {
    throw error.code ? { tag: 'io', val: `the spool's file: ${error.code}` } : error;
  }
}
