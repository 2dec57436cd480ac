//! Which site: by address, id, group, or the only one that a search finds.

use crate::account::Account;
use crate::call::{CallError, Run};
use crate::error::{Code, Failure};
use crate::graph::site::{self, Site};
use crate::job::SiteChoice;
use crate::message::Request;
use crate::ports::Ports;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Candidates that an error lists at most.
const LISTED: usize = 10;
/// Sites that a search follows at most: beyond this it is no search.
const SEARCHED: usize = 200;

/// Finds the site.
pub fn site<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    choice: &SiteChoice,
) -> Result<Site, Failure> {
    let base = &account.base;
    match choice {
        SiteChoice::Url { host, path } => {
            let what = format!("finding site `https://{host}/{path}`");
            let hint = "check the address; it ends after the site's name, as in `https://contoso.sharepoint.com/sites/Finance`";
            let key = site::key_at(host, path);
            let found = one(run, account, &what, &site::with_key(base, &key), hint)?;
            Ok(Site { key, ..found })
        }
        SiteChoice::Id(id) => {
            let what = format!("finding site `{id}`");
            let hint = "check the id; `writeback browse sites` prints it";
            let request = site::with_key(base, &site::key_of(id));
            one(run, account, &what, &request, hint)
        }
        SiteChoice::Group(group) => {
            let what = format!("finding the site of group `{group}`");
            let hint = "check that the group is a Microsoft 365 group and has a team site";
            one(run, account, &what, &site::of_group(base, group), hint)
        }
        SiteChoice::Search(text) => only(run, account, text),
    }
}

fn one<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    what: &str,
    request: &Request,
    hint: &str,
) -> Result<Site, Failure> {
    let reply = run.call(account, what, request);
    let reply = reply.map_err(|error| error.coded(404, Code::SiteNotFound, hint))?;
    site::read(&reply.json()).ok_or_else(|| {
        Failure::new(
            Code::SharePointRefused,
            format!("{what} failed: the reply is no site"),
        )
    })
}

fn only<P: Ports>(run: &mut Run<'_, P>, account: &Account<P>, text: &str) -> Result<Site, Failure> {
    let what = format!("searching sites for `{text}`");
    let found = pages(
        run,
        account,
        &what,
        site::search(&account.base, text),
        SEARCHED,
    );
    let (mut sites, more) = found.map_err(|error| {
        let hint = "an application with `Sites.Selected` cannot search: name the site by its URL";
        error.coded(403, Code::SharePointForbidden, hint)
    })?;
    if sites.len() > 1 {
        let same = |site: &Site| site.name.eq_ignore_ascii_case(text);
        // A text that is exactly one site's name means that one.
        if sites.iter().filter(|site| same(site)).count() == 1 {
            sites.retain(same);
        }
    }
    match (sites.pop(), sites.len()) {
        (None, _) => Err(
            Failure::new(Code::SiteNotFound, format!("no site matches `{text}`"))
                .hint("name the site by its URL; new sites take a while to be found by search"),
        ),
        (Some(site), 0) => Ok(site),
        (Some(last), _) => {
            sites.push(last);
            Err(ambiguous(text, &sites, more))
        }
    }
}

fn ambiguous(text: &str, sites: &[Site], more: bool) -> Failure {
    let lines: Vec<String> = sites
        .iter()
        .take(LISTED)
        .map(|site| format!("  {} {}", site.name, site.url))
        .collect();
    let count = match more {
        true => format!("more than {}", sites.len()),
        false => sites.len().to_string(),
    };
    let rest = match sites.len() > LISTED {
        true => "\n  …",
        false => "",
    };
    let message = format!("{count} sites match `{text}`:\n{}{rest}", lines.join("\n"));
    Failure::new(Code::SiteAmbiguous, message).hint("put the URL of the right one into `site`")
}

/// Follows the pages of a list of sites up to `most`, without duplicates. Tells
/// whether there are more.
pub fn pages<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    what: &str,
    first: Request,
    most: usize,
) -> Result<(Vec<Site>, bool), CallError> {
    let (mut sites, mut seen) = (Vec::new(), HashSet::new());
    run.pages(account, what, first, |page| {
        let fresh = site::read_page(page).into_iter();
        sites.extend(fresh.filter(|site| seen.insert(site.id.clone())));
        match sites.len() > most {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    let more = sites.len() > most;
    sites.truncate(most);
    Ok((sites, more))
}
