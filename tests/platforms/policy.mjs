// Holds the JavaScript example's policy against `policy.json`, whose path is given: what it lets pass, refuses and hides.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Account } from './src/account.js';
import { Links, withoutLinks } from './src/links.js';
import { Denied, permit, police } from './src/policy.js';

const cases = JSON.parse(readFileSync(process.argv[2]));
const domo = new Account('domo', { kind: 'domo', hosts: [], endpoints: { api: 'https://api.domo.com' } });
const sharepoint = new Account('sharepoint', {
  kind: 'entra',
  tenant: 'contoso',
  hosts: ['contoso.sharepoint.com'],
  endpoints: { login: 'https://login.microsoftonline.com', graph: 'https://graph.microsoft.com/v1.0' },
});
const accounts = new Map([['domo', domo], ['sharepoint', sharepoint]]);
const links = new Links();
for (const url of Object.values(cases.links)) links.hide(url, sharepoint);

for (const [method, url, name, allowed] of cases.requests) {
  assert.equal(passes(() => permit(method, url, accounts.get(name), [...accounts.values()], links)), allowed, `${method} ${url} with ${name}`);
}
for (const [name, value, allowed] of cases.headers) assert.equal(passes(() => police([{ name, value }])), allowed, `${name}: ${value}`);
const about = { url: cases.links['link:1'], account: sharepoint };
for (const [before, after] of cases.replies) assert.deepEqual(cleaned(before, undefined), after);
for (const [before, after] of cases.about) assert.deepEqual(cleaned(before, about), after);
console.log(`policy of the JavaScript example: ${Object.values(cases).reduce((sum, list) => sum + Object.keys(list).length, 0)} cases hold`);

function passes(check) {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Denied) return false;
    throw error;
  }
}

function cleaned(document, link) {
  return JSON.parse(withoutLinks(JSON.stringify(document), sharepoint, link, links));
}
