//! Lists that come in pages: each is followed whole and opaque, and none twice.

use super::{CallError, Run};
use crate::account::Account;
use crate::graph::next_page;
use crate::message::Request;
use crate::ports::Ports;
use serde_json::Value;
use std::collections::HashSet;
use std::ops::ControlFlow;

impl<P: Ports> Run<'_, P> {
    /// Hands every page of a list to `take`, until it breaks off or the pages end. A page that
    /// leads back to one that was read would never end, so it ends the list.
    pub fn pages(
        &mut self,
        account: &Account<P>,
        what: &str,
        first: Request,
        mut take: impl FnMut(&Value) -> ControlFlow<()>,
    ) -> Result<(), CallError> {
        let mut visited = HashSet::new();
        let mut next = Some(first);
        while let Some(request) = next.filter(|request| visited.insert(request.url.clone())) {
            let page = self.call(account, what, &request)?.json();
            if take(&page).is_break() {
                return Ok(());
            }
            next = next_page(&page);
        }
        Ok(())
    }
}
