// `secrets`: lends accounts as handles. This thread has their names alone.

export function secrets(host) {
  class Secret {
    constructor(name) {
      this.name = name;
    }
    endpoint(service) {
      return host.call('endpoint', this.name, service);
    }
    identity() {
      return host.call('identity', this.name);
    }
    renew() {
      host.call('renew', this.name);
    }
  }
  const open = (name) => new Secret(host.call('open', name));
  return { Secret, open };
}
