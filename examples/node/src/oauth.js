// Asks for tokens: client credentials of Domo and of Entra ID, each with a client secret. Certificates and users are left out.

import { setTimeout as pause } from 'node:timers/promises';
import { Failed, Forbidden } from './connections.js';
import { parse } from './origin.js';

const ATTEMPTS = 3;
const USUAL_LIFE_SECONDS = 3599;
// A token is renewed this long before it ends, so that it does not end within a request.
const SKEW_SECONDS = 300;
const LONGEST_PAUSE_SECONDS = 60;
const REPLY_BYTES = 256 << 10;

// The service will not sign the account in. Asking again is of no use.
export class Refused extends Error {}
// Passing trouble of the sign-in service.
export class Unavailable extends Error {}

export async function domo(account) {
  const secret = valueOf(account);
  const parameters = new URLSearchParams({ grant_type: 'client_credentials' });
  if (account.config.scope.length) parameters.set('scope', account.config.scope.join(' '));
  const basic = Buffer.from(`${account.config.clientId}:${secret}`).toString('base64');
  const headers = [['Authorization', `Basic ${basic}`]];
  const reply = await ask(account, 'Domo', 'GET', `${account.tokenEndpoint.text}?${parameters}`, headers, '', secret);
  return token(reply, text(reply.userId), reply.role ? [reply.role] : [], words(reply.scope));
}

export async function entra(account) {
  const secret = valueOf(account);
  const form = new URLSearchParams({
    client_id: account.config.clientId,
    scope: 'https://graph.microsoft.com/.default',
    grant_type: 'client_credentials',
    client_secret: secret,
  });
  const headers = [['Content-Type', 'application/x-www-form-urlencoded']];
  const reply = await ask(account, 'Entra ID', 'POST', `${account.tokenEndpoint.text}/token`, headers, form.toString(), secret);
  const claims = claimsOf(reply.access_token);
  return token(reply, text(claims.oid ?? claims.sub), claims.roles ?? [], words(claims.scp));
}

function valueOf(account) {
  try {
    return account.config.clientSecret();
  } catch (error) {
    throw new Refused(`account \`${account.name}\`: ${error.message}`);
  }
}

// Asks a bounded number of times: the component cannot see these requests, so it cannot repeat them.
async function ask(account, service, method, url, headers, body, secret) {
  for (let attempt = 1; ; attempt += 1) {
    const { status, reply, after, failed } = await once(account, method, url, headers, body);
    if (status === 200 && typeof reply.access_token === 'string') return reply;
    const said = failed ?? `${service} answered HTTP ${status}${cause(reply)}`;
    const hidden = `account \`${account.name}\`: ${said}`.replaceAll(secret, '…').replaceAll(encodeURIComponent(secret), '…');
    const passing = status === undefined || [200, 408, 425, 429].includes(status) || status >= 500;
    if (!passing) throw new Refused(`${hidden}\nhint: check \`client_id\` and \`client_secret\` of the account`);
    const seconds = after ?? 0.5 * 2 ** (attempt - 1);
    if (attempt === ATTEMPTS || seconds > LONGEST_PAUSE_SECONDS) throw new Unavailable(`${hidden} (tried ${attempt} times)`);
    await pause(seconds * 1000);
  }
}

async function once(account, method, url, headers, body) {
  try {
    const sent = [['Accept', 'application/json'], ...headers];
    const exchange = await account.connections.send(method, parse(url), sent, { bytes: Buffer.from(body) });
    const read = await exchange.readAll(REPLY_BYTES);
    const after = exchange.header('retry-after') ?? '';
    return { status: exchange.status, reply: object(read), after: /^[0-9]+$/.test(after) ? Number(after) : undefined };
  } catch (error) {
    if (error instanceof Forbidden) throw new Refused(`account \`${account.name}\`: ${error.message}`);
    if (error instanceof Failed) return { failed: error.message, reply: {} };
    throw error;
  }
}

function object(bytes) {
  try {
    const value = JSON.parse(bytes.toString());
    return value && typeof value === 'object' ? value : {};
  } catch {
    return {};
  }
}

// What the service says, with its trace id: Domo's error bodies have several shapes.
function cause(reply) {
  const said = text(reply.message) ?? text(reply.error_description) ?? text(reply.statusReason) ?? text(reply.error);
  const trace = text(reply.toe) ?? text(reply.trace_id);
  const sentence = said?.split('\n')[0].split(' Trace ID:')[0].trim().replace(/\.$/, '');
  return (sentence ? ` \`${sentence}\`` : '') + (trace ? ` (trace \`${trace}\`)` : '');
}

function token(reply, subject, roles, scopes) {
  const life = Number(reply.expires_in) || USUAL_LIFE_SECONDS;
  // A token that lives for less than twice the skew is used for half of its life.
  const used = Math.max(life - SKEW_SECONDS, life / 2);
  const now = Date.now();
  return { value: reply.access_token, expires: now + life * 1000, renewAt: now + used * 1000, subject, roles, scopes };
}

// What the token says about itself. Its signature is not verified: the claims inform people, they grant nothing.
function claimsOf(jwt) {
  return object(Buffer.from(jwt.split('.')[1] ?? '', 'base64url'));
}

function text(value) {
  return (typeof value === 'string' && value) || typeof value === 'number' ? String(value) : undefined;
}

function words(value) {
  return typeof value === 'string' ? value.split(/\s+/).filter(Boolean) : [];
}
