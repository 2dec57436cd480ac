// Decides whether a request may be sent, from its text and the run's accounts alone: before a name is resolved or a secret read.

import { BadUrl, parse } from './origin.js';

// Credentials, message framing (RFC 9112) and connection management (RFC 9110, 7.6) are the host's.
const OWNED = new Set([
  'authorization', 'cookie', 'host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive',
  'te', 'trailer', 'upgrade', 'expect', 'http2-settings', 'accept-encoding',
]);
const MAX_HEADERS = 100;
const MAX_HEADER_BYTES = 64 << 10;
const MAX_URL_BYTES = 8 << 10;

// The policy forbids a request.
export class Denied extends Error {}

// The URL to ask, and the link that it is, if it is one.
export function permit(method, text, account, lent, links) {
  if (text.startsWith('link:')) return permitLink(text, account, links);
  if (text.length > MAX_URL_BYTES) throw new Denied(`the URL has more than ${MAX_URL_BYTES} bytes`);
  const url = read(text, 'the request');
  const deny = (why) => new Denied(`the request to \`${url.origin}\` is denied: ${why}`);
  for (const candidate of account ? [account] : lent) {
    if (candidate.tokenEndpoint.containsHoweverSpelled(url)) throw deny(`the token endpoint of \`${url.origin}\` is the host's alone`);
    const service = [...candidate.services.values()].find(({ endpoint }) => endpoint.contains(url));
    if (service && !service.methods.includes(method)) throw deny(`${method} is not used on \`${service.endpoint.text}\``);
    if (service) return { url };
  }
  if (!account) throw deny('it belongs to no account of this run');
  const services = [...account.services.values()].map(({ endpoint }) => `\`${endpoint.text}\``).join(', ');
  throw deny(`account \`${account.name}\` is only spent on ${services}`);
}

function permitLink(name, account, links) {
  if (account) throw new Denied('a link is sent without an account');
  const link = links.find(name);
  if (!link) throw new Denied(`\`${name.slice(0, 32)}\` is not a link of this run`);
  const url = read(link.url, `\`${name}\``);
  if (!link.account.hosts.has(url.origin)) {
    throw new Denied(
      `the request to \`${url.origin}\` is denied: it is not one of the \`hosts\` of account \`${link.account.name}\`\n` +
        `hint: add it to \`hosts\` under \`[accounts.${link.account.name}]\``,
    );
  }
  return { url, link };
}

function read(text, what) {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof BadUrl) throw new Denied(`${what} is denied: ${error.message}`);
    throw error;
  }
}

// The component's headers, unless one of them is the host's or could end the line.
export function police(headers) {
  const bytes = headers.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  if (headers.length > MAX_HEADERS || bytes > MAX_HEADER_BYTES) throw new Denied('there are too many headers');
  for (const { name, value } of headers) {
    const word = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw new Denied("a header's name is not a token");
    const harmless = word === 'accept-encoding' && value.toLowerCase() === 'identity';
    if ((OWNED.has(word) || word.startsWith('proxy-')) && !harmless) throw new Denied(`the header \`${word}\` is the host's to set`);
    if (!/^[ -~]*$/.test(value)) throw new Denied(`the value of the header \`${word}\` is not visible ASCII`);
  }
  return headers.map(({ name, value }) => [name, value]);
}
