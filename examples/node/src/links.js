// Keeps pre-authenticated URLs from the component: replies have `link:N` in their place, and `link:N` works as a request's URL.

// The links of one run, by number. They are not shown anywhere: a URL opens what it leads to.
export class Links {
  #links = new Map();
  #numbers = new Map();
  #last = 0;

  // The name that the component may know `url` by.
  hide(url, account) {
    const key = `${account.name} ${url}`;
    if (!this.#numbers.has(key)) this.#keep(this.#last + 1, url, account);
    return `link:${this.#numbers.get(key)}`;
  }

  #keep(number, url, account) {
    this.#links.set(number, { url, account });
    this.#numbers.set(`${account.name} ${url}`, number);
    this.#last = Math.max(this.#last, number);
  }

  find(name) {
    return /^link:[0-9]{1,9}$/.test(name) ? this.#links.get(Number(name.slice(5))) : undefined;
  }

  // Those that a checkpoint names, as JSON. It is as secret as they are.
  namedIn(state) {
    const named = new Set([...Buffer.from(state).toString('latin1').matchAll(/link:([0-9]{1,9})/g)].map(([, number]) => Number(number)));
    const kept = [...this.#links].filter(([number]) => named.has(number));
    return JSON.stringify(kept.map(([number, { url, account }]) => [number, url, account.name]));
  }

  restore(text, accounts) {
    for (const [number, url, name] of JSON.parse(text)) {
      if (accounts.has(name)) this.#keep(number, url, accounts.get(name));
    }
  }
}

// `text` without a link's URL, or the parts of it that open as much, should a service repeat it.
export function redact(link, text) {
  const rest = link.url.slice(link.url.indexOf('://') + 3);
  const query = rest.split('?').slice(1).join('?');
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const telling = [link.url, rest.slice(rest.indexOf('/')), query, ...values].filter((part) => part.length >= 16);
  return telling.reduce((text, part) => text.replaceAll(part, '…'), text);
}

// A JSON document with `link:N` in place of each pre-authenticated URL, and without the link that it is about.
export function withoutLinks(text, account, about, links) {
  return JSON.stringify(JSON.parse(text, (name, value) => {
    if (typeof value !== 'string') return value;
    if (isLinkField(name, account.linkFields)) return links.hide(value, account);
    return about ? redact(about, value) : value;
  }));
}

// OData annotations may name the property that they belong to (`content@microsoft.graph.downloadUrl`).
function isLinkField(name, fields) {
  return fields.some((field) => (field.startsWith('@') ? name.endsWith(field) : name === field));
}
