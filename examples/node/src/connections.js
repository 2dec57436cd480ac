// Sends a request once over kept connections. It follows no redirect, repeats nothing, and vets the address that it connects to.

import dns from 'node:dns';
import { createReadStream } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import { pipeline } from 'node:stream';
import { rootCertificates } from 'node:tls';

const CONNECT_MS = 15_000;
// From the end of a request to the first byte of its reply.
const REPLY_MS = 300_000;
// Without a byte in either direction.
const IDLE_MS = 60_000;
// A kept connection is dropped before the usual load balancer does so (Azure Front Door: 90 s).
const KEPT_MS = 60_000;

// Not on the public Internet (IANA's special-purpose registries).
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12],
  ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24],
  ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
]) PRIVATE.addSubnet(network, prefix, 'ipv4');
// Of IPv6 only what is handed out as public (2000::/3), less what leads elsewhere.
for (const [network, prefix] of [
  ['::', 3], ['4000::', 2], ['8000::', 1], ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20],
]) PRIVATE.addSubnet(network, prefix, 'ipv6');

// No reply, or not all of it.
export class Failed extends Error {}
// Nothing came in time.
export class TimedOut extends Failed {}
// The address may not be reached, or is not who it should be.
export class Forbidden extends Failed {}

// Connections that are kept, to be shared by the runs of one set of accounts.
export class Connections {
  #allowed;
  #agents;

  constructor(allowAddresses, ca) {
    this.#allowed = allowAddresses;
    const options = { keepAlive: true, keepAliveMsecs: KEPT_MS, timeout: KEPT_MS };
    // The usual authorities, and those of the configuration besides.
    const tls = ca ? { ca: [...rootCertificates, ca.toString()] } : {};
    this.#agents = { http: new http.Agent(options), https: new https.Agent({ ...options, ...tls }) };
  }

  // The reply's head; its body is read from the exchange. `body` is `{bytes}` or `{path, offset, length}` of a file.
  send(method, url, headers, body) {
    return new Promise((done, failed) => {
      const host = url.host.replace(/^\[|\]$/g, '');
      const length = body.bytes ? body.bytes.length : body.length;
      const request = (url.scheme === 'https' ? https : http).request({
        agent: this.#agents[url.scheme],
        host,
        port: url.port,
        path: url.path + url.query,
        method,
        lookup: (name, options, found) => this.#lookup(url, name, options, found),
      });
      // An address needs no looking up, so it is looked at here.
      if (isIP(host) && !this.#mayReach(url, host)) request.destroy(forbidden(url));
      for (const [name, value] of headers) request.appendHeader(name, value);
      // The length is always told: services refuse uploads without one.
      if (length || ['POST', 'PUT', 'PATCH'].includes(method)) request.setHeader('Content-Length', length);
      watch(request, url);
      request.on('error', (error) => failed(asFailure(error, url, request.socket)));
      request.on('response', (response) => {
        response.socket.setTimeout(IDLE_MS);
        if (response.statusCode === 503) request.shouldKeepAlive = false;
        done(new Exchange(url, response));
      });
      if (body.bytes || !length) request.end(body.bytes);
      else upload(request, body, failed);
    });
  }

  #lookup(url, name, options, found) {
    dns.lookup(name, { ...options, all: true }, (error, addresses) => {
      const good = addresses?.filter(({ address }) => this.#mayReach(url, address));
      if (error || !good.length) found(error ?? forbidden(url));
      else if (options.all) found(null, good);
      else found(null, good[0].address, good[0].family);
    });
  }

  #mayReach(url, address) {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const shown = family === 'ipv6' ? `[${address}]:${url.port}` : `${address}:${url.port}`;
    return this.#allowed.has(shown) || (url.scheme === 'https' && !PRIVATE.check(address, family));
  }

  close() {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

function upload(request, { path, offset, length }, failed) {
  const file = createReadStream(path, { start: offset, end: offset + length - 1, highWaterMark: 256 << 10 });
  // A service may answer before it has read all, and then read no more: what fails is told by the request alone.
  file.on('error', (error) => failed(new Failed(`the spool's file: ${error.code}`)));
  pipeline(file, request, () => {});
}

// Ends a request that stands still.
function watch(request, url) {
  const late = (what) => () => request.destroy(new TimedOut(`${what} in time`));
  request.on('socket', (socket) => {
    if (socket.connecting) {
      const timer = setTimeout(late(`no connection to \`${url.origin}\``), CONNECT_MS);
      socket.once(url.scheme === 'https' ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      socket.once('close', () => clearTimeout(timer));
    }
    request.setTimeout(IDLE_MS, late(`no reply from \`${url.origin}\``));
  });
  request.on('finish', () => request.setTimeout(REPLY_MS));
}

function forbidden(url) {
  return new Forbidden(`\`${url.origin}\` is at a private address, or not https\nhint: add its address to \`egress.allow_addresses\``);
}

function asFailure(error, url, socket) {
  if (socket?.authorizationError) {
    return new Forbidden(
      `the certificate of \`${url.origin}\` is not trusted: ${error.message}\nhint: name the certificate authority in \`egress.ca_file\``,
    );
  }
  return error instanceof Failed ? error : new Failed(`no reply from \`${url.origin}\`: ${error.message}`);
}

// A reply. Its connection is kept when the body has been read to its end.
class Exchange {
  #url;
  #response;
  #parts;
  #rest = Buffer.alloc(0);

  constructor(url, response) {
    this.#url = url;
    this.#response = response;
    this.#parts = response[Symbol.asyncIterator]();
    this.status = response.statusCode;
  }

  get origin() {
    return this.#url.origin;
  }

  headers() {
    const raw = this.#response.rawHeaders;
    return raw.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), raw[at + 1]]]));
  }

  header(name) {
    return this.#response.headers[name];
  }

  // The next bytes; none at the end. A body that ends before its declared length is an error.
  async read(most) {
    if (!this.#rest.length) this.#rest = await this.#next();
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  async #next() {
    try {
      const { value, done } = await this.#parts.next();
      return done ? Buffer.alloc(0) : value;
    } catch (error) {
      if (error instanceof TimedOut) throw error;
      throw new Failed(`the reply of \`${this.origin}\` broke off: ${error.message}`);
    }
  }

  // The whole body, or as much of it as goes beyond the limit.
  async readAll(limit) {
    const parts = [];
    let length = 0;
    for (let part; (part = await this.read(limit + 1)).length; ) {
      parts.push(part);
      length += part.length;
      if (length > limit) {
        this.close();
        break;
      }
    }
    return Buffer.concat(parts);
  }

  // Ends it wherever it is: a connection with an unread body cannot be used again.
  close() {
    if (!this.#response.readableEnded) this.#response.destroy();
  }
}
