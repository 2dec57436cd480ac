// Runs a portable `cli` build that jco has transpiled, on Node: `node cli.mjs TRANSPILED_FOLDER STATE_FOLDER`.
//
// It gets standard input, this process's environment, and one folder.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';

const [transpiled, state] = process.argv.slice(2).map((path) => resolve(path));
const sandbox = { env: { ...process.env }, args: ['writeback', 'run'], preopens: { '/state': state } };
const { instantiate } = await import(pathToFileURL(`${transpiled}/cli.js`));
const load = async (name) => WebAssembly.compile(await readFile(`${transpiled}/${name}`));
const { run } = await instantiate(load, new WASIShim({ sandbox }).getImportObject());
try {
  run.run();
} catch (error) {
  // `err` of `wasi:cli/run`, where the shim has not ended the process with a code of its own; anything else is a trap.
  if (!Object.hasOwn(error, 'payload')) throw error;
  process.exitCode = 1;
}
