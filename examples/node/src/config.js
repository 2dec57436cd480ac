// Reads `writeback.toml`: the accounts, and which private addresses may be reached. It says where secrets are, never what they are.
//
// Only the keys below are known. Any other is refused: a setting that is passed over in silence may be one that somebody relies on.

import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'smol-toml';

const ACCOUNT_KEYS = {
  domo: ['kind', 'client_id', 'client_secret', 'scope', 'endpoints'],
  entra: ['kind', 'client_id', 'client_secret', 'tenant', 'hosts', 'endpoints'],
};
const NEEDED = { domo: ['client_id', 'client_secret'], entra: ['client_id', 'client_secret', 'tenant'] };
const ENDPOINTS = {
  domo: { api: 'https://api.domo.com' },
  entra: { login: 'https://login.microsoftonline.com', graph: 'https://graph.microsoft.com/v1.0' },
};

// Something in the configuration that a person has to mend.
export class ConfigError extends Error {}

export function load(path) {
  const folder = dirname(resolve(path));
  const document = toml(path);
  known('the configuration', document, ['accounts', 'egress']);
  const egress = document.egress ?? {};
  known('[egress]', egress, ['allow_addresses', 'ca_file']);
  const accounts = Object.entries(document.accounts ?? {}).map(([name, table]) => [name, account(name, table, folder)]);
  return {
    accounts: new Map(accounts),
    allowAddresses: new Set(egress.allow_addresses ?? []),
    ca: egress.ca_file && readFileSync(resolve(folder, egress.ca_file)),
  };
}

export function toml(path) {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`cannot read \`${path}\`: ${error.message}`);
  }
}

function account(name, table, folder) {
  const where = `[accounts.${name}]`;
  const kind = table.kind;
  if (!Object.hasOwn(ACCOUNT_KEYS, kind)) throw new ConfigError(`${where}: \`kind\` must be "domo" or "entra"`);
  known(where, table, ACCOUNT_KEYS[kind]);
  const missing = NEEDED[kind].find((key) => !(key in table));
  if (missing) throw new ConfigError(`${where}: \`${missing}\` is missing`);
  const endpoints = table.endpoints ?? {};
  known(`[accounts.${name}.endpoints]`, endpoints, Object.keys(ENDPOINTS[kind]));
  return {
    kind,
    clientId: table.client_id,
    clientSecret: secret(where, table.client_secret, folder),
    tenant: table.tenant,
    hosts: table.hosts ?? [],
    scope: table.scope ?? [],
    endpoints: { ...ENDPOINTS[kind], ...endpoints },
  };
}

// What reads the secret's value when the account signs in. The value is not kept.
function secret(where, source, folder) {
  const [kind, ...others] = Object.keys(source);
  if (kind === 'env' && !others.length) return () => fromEnvironment(source.env);
  if (kind === 'file' && !others.length) return () => fromFile(resolve(folder, source.file));
  throw new ConfigError(`${where}: \`client_secret\` must be { env = "NAME" } or { file = "path" }`);
}

function fromEnvironment(name) {
  const value = process.env[name];
  if (!value) throw new ConfigError(`the environment variable \`${name}\` is not set`);
  return value;
}

function fromFile(path) {
  if (statSync(path).mode & 0o026) {
    throw new ConfigError(`\`${path}\` can be read by everyone or written by others\nhint: chmod 600 ${path}`);
  }
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
}

function known(where, table, keys) {
  const unknown = Object.keys(table).find((key) => !keys.includes(key));
  if (unknown) throw new ConfigError(`${where}: this example does not know \`${unknown}\``);
}
