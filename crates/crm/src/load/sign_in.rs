//! Reads the section `[sign_in]` of a connector's file.

use url::{Host, Url};

use super::read_request;
use super::table::{BadFile, Table};
use crate::connector::{How, OAuth2, Probe, Session, SignIn, Token};
use crate::template::Scope;

pub(super) fn read(table: &Table<'_>, scope: &Scope) -> Result<SignIn, BadFile> {
    let (kind, at) = table.required_text("kind")?;
    let how = match kind {
        "key-header" => How::KeyHeader(header(table, "header")?.ok_or_else(|| table.missing("header"))?),
        "basic" => How::Basic(table.template("username", scope)?),
        "bearer" => How::Bearer,
        "oauth2-refresh" => How::OAuth2(oauth2(table, scope, true)?),
        "oauth2-client" => How::OAuth2(oauth2(table, scope, false)?),
        "session" => How::Session(Box::new(session(table, scope)?)),
        other => {
            let message = format!(
                "there is no `{other}`; `kind` is key-header, basic, bearer, oauth2-refresh, oauth2-client or session"
            );
            return Err(table.doc.bad_at(at, message));
        }
    };
    let probe = table.table("probe")?.ok_or_else(|| table.missing("probe"))?;
    let read_probe = |table: &Table<'_>, scope: &Scope| -> Result<Probe, BadFile> {
        let request = read_request(table, scope)?;
        Ok(Probe { request, id: table.required_path("id")?, name: table.path("name")? })
    };
    let user = match table.table("user")? {
        None => None,
        Some(table) => {
            let when = table.template("when", scope)?;
            let scope = match &when {
                None => scope.clone(),
                Some(when) => scope.when(when).map_err(|error| table.doc.bad_template(error))?,
            };
            let probe = read_probe(&table, &scope)?;
            table.finish()?;
            Some((when, probe))
        }
    };
    let read = SignIn { how, probe: read_probe(&probe, scope)?, user };
    probe.finish()?;
    table.finish()?;
    Ok(read)
}

fn header(table: &Table<'_>, key: &'static str) -> Result<Option<String>, BadFile> {
    let Some((name, at)) = table.text(key)? else { return Ok(None) };
    match reqwest::header::HeaderName::from_bytes(name.as_bytes()) {
        Ok(_) => Ok(Some(name.to_owned())),
        Err(_) => Err(table.doc.bad_at(at, format!("`{name}` is no name of a header"))),
    }
}

fn oauth2(table: &Table<'_>, scope: &Scope, refresh: bool) -> Result<OAuth2, BadFile> {
    let token_url = table.template("token_url", scope)?.ok_or_else(|| table.missing("token_url"))?;
    for sample in scope.samples() {
        let text = token_url.text(sample).map_err(|error| table.doc.bad_template(error))?;
        if !token_address(&text).is_some_and(|url| is_private(&url)) {
            return Err(table.doc.bad_at(token_url.at, "`token_url` is a whole address that begins with https://"));
        }
    }
    let form = table.node("form", scope)?;
    let client_secret = table.truth("client_secret")?.unwrap_or_default();
    Ok(OAuth2 { token_url, refresh, form, client_secret })
}

pub(crate) fn token_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| url.host().is_some() && url.username().is_empty() && url.password().is_none())
}

/// Whether nobody on the way can read along: https, or this very machine.
pub(crate) fn is_private(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

fn session(table: &Table<'_>, scope: &Scope) -> Result<Session, BadFile> {
    let samples = scope.samples().iter().map(|vars| vars.with("secret", "sample".into())).collect();
    let login = table.table("login")?.ok_or_else(|| table.missing("login"))?;
    let request = read_request(&login, &Scope::of(samples))?;
    let token = match (login.path("token")?, login.text("cookie")?) {
        (Some(path), None) => Token::Path(path),
        (None, Some((name, _))) => Token::Cookie(name.to_owned()),
        _ => return Err(login.doc.bad(login.at, "a login gives either a `token` (JSONPath) or a `cookie` (its name)")),
    };
    login.finish()?;
    let header = header(table, "header")?;
    let prefix = table.text("prefix")?.map(|(text, _)| text.to_owned());
    let (header, prefix) = match &token {
        Token::Cookie(name) => ("Cookie".to_owned(), format!("{name}=")),
        Token::Path(_) => {
            (header.unwrap_or_else(|| "Authorization".into()), prefix.unwrap_or_else(|| "Bearer ".into()))
        }
    };
    Ok(Session { request, token, header, prefix })
}
