// Runs a writeback job with the connector, on Node: prints the receipt, or the failure, as one line of JSON.

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Account } from './src/account.js';
import { ConfigError, load, toml } from './src/config.js';
import { Connections } from './src/connections.js';
import { Connector, Failure } from './src/connector.js';
import { hold } from './src/files.js';

const CONFIGURATION = ['job-invalid', 'account-undeclared', 'denied'];
// The exit code that says: start the job again later.
const AGAIN = 3;

async function main() {
  const state = join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'writeback-node');
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      // The folder that `npm run transpile` wrote.
      connector: { type: 'string', default: new URL('build', import.meta.url).pathname },
      config: { type: 'string', default: 'writeback.toml' },
      // For exports on their way and checkpoints.
      state: { type: 'string', default: state },
    },
  });
  if (positionals.length !== 1) throw new ConfigError('usage: node run.js [--connector DIR] [--config FILE] [--state DIR] JOB.toml');
  const job = toml(positionals[0]);
  const connector = new Connector(`${pathToFileURL(resolve(values.connector))}/`);
  try {
    console.log(await writeback(connector, load(values.config), job, resolve(values.state)));
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(JSON.stringify(report(job, error)));
    return exitCode(error);
  }
}

// Runs a job, or goes on with it where an earlier attempt was interrupted.
async function writeback(connector, config, job, state) {
  const connections = new Connections(config.allowAddresses, config.ca);
  const asked = await connector.accountsOf(job);
  // The others stay out of the run's reach.
  const lent = asked.filter(([name, kinds]) => kinds.includes(config.accounts.get(name)?.kind));
  const accounts = new Map(lent.map(([name]) => [name, new Account(name, config.accounts.get(name), connections)]));
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => abort.abort());
  const folder = join(state, 'runs', createHash('sha256').update(JSON.stringify(job)).digest('hex'));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const held = await hold(folder);
  if (!held) throw new ConfigError('this job is running already');
  try {
    const receipt = await connector.run({ accounts, connections, folder, turns: state, signal: abort.signal }, job);
    rmSync(folder, { recursive: true });
    return receipt;
  } catch (error) {
    // What an attempt leaves behind is of use to the next one alone.
    if (error instanceof Failure && exitCode(error) !== AGAIN) rmSync(folder, { recursive: true });
    throw error;
  } finally {
    held.close();
    connections.close();
  }
}

// The line in the place of a receipt, as `writeback run --report json` has it.
function report(job, error) {
  const { code, message, hint = null, retryAfter } = error;
  const failure = { code, message, hint, retry_after: retryAfter === undefined ? null : Number(retryAfter), exit: exitCode(error) };
  return { schema: 1, job: job.name ?? null, outcome: 'failed', failure };
}

function exitCode({ code, retryAfter }) {
  if (CONFIGURATION.includes(code)) return 2;
  if (code.startsWith('sign-in')) return 4;
  return retryAfter === undefined && code !== 'cancelled' ? 1 : AGAIN;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof ConfigError || error.code)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
