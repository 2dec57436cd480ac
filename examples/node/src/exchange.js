// The `http` import's other half: one request, checked, signed in last, sent once. What comes back carries no pre-authenticated URL.

import { Failed } from './connections.js';
import { redact, withoutLinks } from './links.js';
import { BadUrl, parse } from './origin.js';
import { permit, police } from './policy.js';

// JSON replies with links are read whole. Graph's pages are far smaller.
const JSON_BYTES = 8 << 20;
// Of an error page that is not JSON, this much is worth reading.
const PAGE_BYTES = 64 << 10;

// Sends the component's request. `name` is that of the account to spend, if one is.
export async function exchange(run, { method, url: text, headers: wanted }, name, body) {
  const account = run.accounts.get(name);
  const { url, link } = permit(method, text, account, run.accounts.values(), run.links);
  const headers = police(wanted);
  if (account) headers.push(await account.spend());
  const received = await run.connections.send(method, url, headers, body);
  const owner = link ? link.account : account;
  return {
    received,
    status: received.status,
    headers: visible(received, url, owner, link, run.links),
    whole: await cleaned(received, owner, link, run.links),
  };
}

// The body without pre-authenticated URLs, where it may hold one; else nothing, and it is streamed.
async function cleaned(received, account, link, links) {
  if (account?.linkFields.length && isJson(received.header('content-type') ?? '')) {
    const body = await received.readAll(JSON_BYTES);
    if (body.length > JSON_BYTES) throw new Failed(`the JSON reply of \`${received.origin}\` is larger than ${JSON_BYTES} bytes`);
    try {
      return Buffer.from(body.length ? withoutLinks(body.toString(), account, link, links) : '');
    } catch (error) {
      if (error instanceof SyntaxError) throw new Failed(`the JSON reply of \`${received.origin}\` is not valid JSON`);
      throw error;
    }
  }
  if (link && (received.status < 200 || received.status > 299)) {
    return Buffer.from(redact(link, (await received.readAll(PAGE_BYTES)).toString()));
  }
  return undefined;
}

// `Set-Cookie` is a credential; so is where an account's service redirects to, unless it is the service itself.
function visible(received, url, account, link, links) {
  return received.headers().filter(([name]) => name !== 'set-cookie').map(([name, value]) => {
    if (account && ['location', 'content-location'].includes(name)) return { name, value: location(value, url, account, link, links) };
    return { name, value: link ? redact(link, value) : value };
  });
}

function location(value, url, account, link, links) {
  try {
    const there = new URL(value, url.origin + url.path).href;
    const own = [...account.services.values()].some(({ endpoint }) => endpoint.origin === parse(there).origin);
    return own && !link ? value : links.hide(there, account);
  } catch (error) {
    if (error instanceof BadUrl || error instanceof TypeError) return '';
    throw error;
  }
}

function isJson(contentType) {
  return /(\/|\+)json$/.test(contentType.split(';')[0].trim().toLowerCase());
}
