//! Everything that must not leave a client: what the cloud knows it by, and what it has handed out.

use crate::state::State;

impl State {
    /// The credentials of all clients and all that was issued so far, each with what it is: for tests
    /// that search for leaks. Keys are PEM.
    pub fn credentials(&self) -> Vec<(&'static str, String)> {
        let named = |name| move |text| (name, text);
        let clients = self.domo.secrets().map(named("a Domo client's secret"));
        let apps = self.entra.secrets().map(named("an app's secret"));
        let [_, key] = self.entra.certificate();
        let refresh = self.entra.refresh_tokens().into_iter();
        let access = self.tokens.texts().into_iter();
        let links = self.graph.tempauths().into_iter();
        clients
            .chain(apps)
            .chain([
                ("a certificate's key", key.to_owned()),
                ("a developer token", self.domo.developer_token()),
            ])
            .chain(refresh.map(named("a refresh token")))
            .chain(access.map(named("an access token")))
            .chain(links.map(named("a pre-authenticated URL")))
            .collect()
    }
}
