// Files that are old or new after a crash, never half, and names that one holds at a time.

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';

// Replaces a file. Returns when it is on stable storage. Only the owner can read it.
export function write(path, data) {
  const file = openSync(`${path}.new`, 'w', 0o600);
  writeSync(file, data);
  fsyncSync(file);
  closeSync(file);
  rename(`${path}.new`, path);
}

// Renames for good.
export function rename(from, to) {
  renameSync(from, to);
  const folder = openSync(dirname(to), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

// What holds `name`, or nothing where another does. Node has no file locks: a local socket's name is free again when its process ends,
// however that ends. (Elsewhere than on Linux and Windows the socket is a file, which a process that is killed leaves behind.)
export function hold(name) {
  const word = createHash('sha256').update(name).digest('hex').slice(0, 40);
  const path = { linux: `\0writeback-${word}`, win32: `\\\\.\\pipe\\writeback-${word}` }[process.platform] ?? join(tmpdir(), `writeback-${word}`);
  return new Promise((done, failed) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', (error) => (error.code === 'EADDRINUSE' ? done(undefined) : failed(error)));
    server.listen(path, () => done(server));
  });
}
