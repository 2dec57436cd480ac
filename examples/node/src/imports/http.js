// `http`: the request goes to the main thread, which checks and sends it; the reply comes from there in parts.

const dispose = Symbol.dispose ?? Symbol.for('dispose');
const METHODS = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' };

export function http(host) {
  class Response {
    #reply;
    #broken;

    constructor(reply) {
      this.#reply = reply;
    }
    status() {
      return this.#reply.status;
    }
    headers() {
      return this.#reply.headers;
    }
    // A body that broke off stays broken, so that the break is never taken for the end.
    read(max) {
      if (host.cancelled) throw { tag: 'cancelled' };
      if (this.#broken) throw this.#broken;
      try {
        return host.call('read', this.#reply.id, max);
      } catch (error) {
        this.#broken = error;
        throw error;
      }
    }
    [dispose]() {
      host.call('drop', this.#reply.id);
    }
  }

  function send({ method, url, headers, content }, secret) {
    if (host.cancelled) throw { tag: 'cancelled' };
    return new Response(host.call('send', { method: METHODS[method], url, headers }, secret?.name, body(content)));
  }
  // A hint that a host may pass over, as this one does: each request is sent when it is asked for.
  function prefetch() {}

  return { Response, prefetch, send };
}

function body({ tag, val }) {
  if (tag === 'slice') return val.blob.slice(Number(val.offset), Number(val.length));
  return tag === 'bytes' ? { bytes: val } : { length: 0 };
}
