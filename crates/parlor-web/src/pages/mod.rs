//! The pages: HTML from templates, complete without a script.

pub(crate) mod home;
pub(crate) mod signin;
pub(crate) mod signout;
pub(crate) mod setup;
pub(crate) mod invite;
pub(crate) mod register;
pub(crate) mod invitations;
pub(crate) mod error;

use askama::Template;
use http::StatusCode;
use parlor_http::{Problem, Response};

use crate::site::App;

/// What every page shows or links to.
pub(crate) struct Page<'a> {
    pub(crate) server: &'a str,
    pub(crate) asset_base: &'a str,
}

impl<'a> Page<'a> {
    pub(crate) fn new(app: &'a App) -> Self {
        Self { server: &app.options.name, asset_base: app.assets.base() }
    }
}

/// The page of a template.
pub(crate) fn render(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Response::html(status, html),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            let text = "Something is wrong with this page.";
            Response::text(StatusCode::INTERNAL_SERVER_ERROR, text)
        }
    }
}

/// A form again, with what was wrong with it; the status tells programs.
pub(crate) fn render_problem(problem: &Problem, template: &impl Template) -> Response {
    render(problem.status, template).describing(problem)
}
