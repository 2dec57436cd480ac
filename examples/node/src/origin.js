// URLs, read strictly: one that two readers could read differently is refused. Nothing is resolved here.

const URL_FORM = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(\/[^?#]*)?(\?[^#]*)?$/i;
const PORTS = { https: 443, http: 80 };
// How often a path may be percent-encoded.
const DECODINGS = 8;

// Why a URL is not one to send a request to.
export class BadUrl extends Error {}

// Scheme, host, port and, as text, all three; path and query.
export function parse(text) {
  if (!/^[!-~]*$/.test(text) || text.includes('\\')) throw new BadUrl('the URL has characters that must be percent-encoded');
  const found = URL_FORM.exec(text);
  if (!found) throw new BadUrl('the URL is not an absolute http or https URL without user information and fragment');
  const [, scheme, host, port, path, query] = found;
  const url = { ...origin(scheme.toLowerCase(), host.toLowerCase(), port), path: path ?? '/', query: query ?? '' };
  canonical(url.path);
  return url;
}

function origin(scheme, host, port) {
  const number = port ? Number(port) : PORTS[scheme];
  if (number < 1 || number > 65535) throw new BadUrl("the URL's port is none");
  const shown = number === PORTS[scheme] ? '' : `:${number}`;
  return { scheme, host, port: number, origin: `${scheme}://${host}${shown}` };
}

// A service's base URL: an origin and a path prefix.
export function endpoint(text) {
  const url = parse(text);
  if (url.query) throw new BadUrl(`\`${text}\` must be a base URL`);
  const prefix = url.path.replace(/\/+$/, '');
  return {
    origin: url.origin,
    text: url.origin + prefix,
    contains: (other) => other.origin === url.origin && begins(other.path, prefix),
    containsHoweverSpelled: (other) => other.origin === url.origin && begins(canonical(other.path), canonical(prefix)),
  };
}

// An entry of `hosts`: `host`, `host:port` (both https) or a whole origin.
export function host(text) {
  return parse(text.includes('://') ? text : `https://${text}`).origin;
}

function begins(path, prefix) {
  return path.startsWith(prefix) && ['', '/'].includes(path.slice(prefix.length, prefix.length + 1));
}

// The path as a lenient server may read it. A segment `..` is refused, however it is encoded.
function canonical(path) {
  const segments = decoded(path).toLowerCase().split(/[/\\]/);
  const clean = segments.map((segment) => segment.split(';')[0].trim());
  if (clean.includes('..')) throw new BadUrl("the URL's path climbs");
  return clean.filter((segment) => segment !== '' && segment !== '.').map((segment) => `/${segment}`).join('');
}

function decoded(path) {
  for (let times = 0; times < DECODINGS; times += 1) {
    const next = path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === path) return path;
    path = next;
  }
  throw new BadUrl("the URL's path is encoded too often");
}
