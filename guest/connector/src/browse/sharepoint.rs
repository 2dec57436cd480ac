//! The sites, libraries and folders that an application sees.

use super::query::{Parent, Wanted};
use super::{Listing, line};
use crate::call::{CallError, Run};
use crate::error::{Code, Failure};
use crate::graph::site::Site;
use crate::graph::{item, site};
use crate::job::SiteChoice;
use crate::place;
use crate::ports::Ports;
use crate::refusal::Service;
use serde_json::{Value, json};
use std::ops::ControlFlow;

/// Children a page.
const PAGE: u32 = 200;

pub(super) fn sites<P: Ports>(run: &mut Run<'_, P>, wanted: &Wanted) -> Result<Listing, Failure> {
    let account = run.account(Service::SharePoint, &wanted.account)?;
    let base = &account.base;
    let (sites, more) = match &wanted.search {
        Some(text) => {
            let what = format!("searching sites for `{text}`");
            place::pages(run, &account, &what, site::search(base, text), wanted.limit)
                .map_err(unlisted)?
        }
        None => {
            let all = place::pages(
                run,
                &account,
                "listing sites",
                site::all(base),
                wanted.limit,
            );
            match all {
                // Applications alone may list all; others find all by searching.
                Err(error) if matches!(error.status(), Some(400 | 403 | 404)) => {
                    let search = site::search(base, "*");
                    place::pages(run, &account, "searching sites", search, wanted.limit)
                        .map_err(unlisted)?
                }
                other => other?,
            }
        }
    };
    Ok(Listing {
        items: sites.iter().map(of_site).collect(),
        more,
    })
}

fn unlisted(error: CallError) -> Failure {
    let hint = "an application with `Sites.Selected` can neither list nor search sites: ask for the site's URL";
    error.coded(403, Code::SharePointForbidden, hint)
}

fn of_site(site: &Site) -> Value {
    let value = if site.url.is_empty() {
        &site.id
    } else {
        &site.url
    };
    json!({ "id": site.id, "name": site.name, "url": site.url, "line": line("site", value) })
}

pub(super) fn libraries<P: Ports>(
    run: &mut Run<'_, P>,
    account: &str,
    choice: &SiteChoice,
) -> Result<Listing, Failure> {
    let account = run.account(Service::SharePoint, account)?;
    let site = place::site(run, &account, choice)?;
    // A site without a default library still has a list, if an empty one.
    let default = place::library(run, &account, &site, None).ok();
    let drives = place::libraries(run, &account, &site)?;
    let items = drives.iter().map(|drive| {
        let is_default = default
            .as_ref()
            .is_some_and(|default| default.id == drive.id);
        json!({
            "id": drive.id,
            "name": drive.name,
            "url": drive.url,
            "default": is_default,
            "line": line("library", &drive.name),
        })
    });
    Ok(Listing {
        items: items.collect(),
        more: false,
    })
}

pub(super) fn folders<P: Ports>(run: &mut Run<'_, P>, parent: &Parent) -> Result<Listing, Failure> {
    let account = run.account(Service::SharePoint, &parent.account)?;
    let site = place::site(run, &account, &parent.site)?;
    let drive = place::library(run, &account, &site, parent.library.as_deref())?;
    let folder = place::walk(run, &account, &drive, &parent.folder, false)?.folder;
    let what = format!("listing the folders of library `{}`", drive.name);
    let mut items = Vec::new();
    let first = item::children(&account.base, &drive.id, &folder.id, PAGE);
    run.pages(&account, &what, first, |page| {
        let children = item::read_page(page);
        let folders = children.iter().filter(|child| child.is_folder());
        items.extend(folders.map(|child| of_folder(&folder, child)));
        ControlFlow::Continue(())
    })?;
    Ok(Listing { items, more: false })
}

fn of_folder(parent: &place::Folder, child: &item::Item) -> Value {
    let mut names = parent.names.clone();
    names.push(child.name.clone());
    let path = names.join("/");
    json!({
        "id": child.id,
        "name": child.name,
        "path": path,
        "children": child.folder,
        "line": line("folder", &path),
    })
}
