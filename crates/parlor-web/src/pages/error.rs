//! What people see when a request cannot be answered as asked.

use std::sync::Arc;

use askama::Template;
use parlor_http::{Problem, Response};

use crate::pages::{Page, render};
use crate::site::App;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    page: Page<'a>,
    status: u16,
    title: &'a str,
    text: &'a str,
}

/// Shows `problem` as a page.
pub(crate) fn show(app: &Arc<App>, problem: &Problem) -> Response {
    let page = ErrorPage {
        page: Page::new(app),
        status: problem.status.as_u16(),
        title: problem.title(),
        text: &problem.text,
    };
    render(problem.status, &page)
}
