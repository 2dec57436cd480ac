// Accounts as a run holds them: where each may be spent, and its token. The component sees neither secret nor token.

import * as oauth from './oauth.js';
import { endpoint, host } from './origin.js';

// Upload sessions and driveItems (Microsoft Graph, "uploadSession" and "driveItem" resources).
const GRAPH_LINK_FIELDS = ['uploadUrl', '@microsoft.graph.downloadUrl', '@content.downloadUrl'];

export class Account {
  #token;
  #asking;

  constructor(name, config, connections) {
    Object.assign(this, { name, kind: config.kind, config, connections });
    this.hosts = new Set(config.hosts.map(host));
    if (config.kind === 'domo') {
      const api = endpoint(config.endpoints.api);
      this.services = new Map([['api', { endpoint: api, methods: ['GET', 'POST'] }]]);
      this.tokenEndpoint = endpoint(`${api.text}/oauth/token`);
      this.linkFields = [];
    } else {
      const graph = endpoint(config.endpoints.graph);
      this.services = new Map([['graph', { endpoint: graph, methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] }]]);
      this.tokenEndpoint = endpoint(`${endpoint(config.endpoints.login).text}/${config.tenant}/oauth2/v2.0`);
      this.linkFields = GRAPH_LINK_FIELDS;
    }
  }

  // The current token, signing in where there is none that is good for use. Runs that wait share one request.
  async signedIn(renew = false) {
    if (renew || !this.#token || this.#token.renewAt <= Date.now()) {
      this.#asking ??= oauth[this.kind](this).finally(() => { this.#asking = undefined; });
      this.#token = await this.#asking;
    }
    return this.#token;
  }

  // The header that spends the account. Called last, when the policy has let the request pass.
  async spend() {
    return ['Authorization', `Bearer ${(await this.signedIn()).value}`];
  }
}
