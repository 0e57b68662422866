//! Which handler answers which method and path.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::{Method, StatusCode};

use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::urlencoded::percent_decode;

/// What a handler's future gives: a response, or a problem the site knows how to show.
pub type Answer = Result<Response, Problem>;

type Handler<S> = Box<dyn Fn(S, Request) -> Pin<Box<dyn Future<Output = Answer>>> + Send + Sync>;

/// The routes of a site. `S` is what every handler is given, usually an `Arc`.
///
/// A path is written `/invite/{token}`; `{*rest}` at its end takes everything that remains. Where
/// two routes fit, the one added first answers. HEAD is answered by the GET handler.
pub struct Router<S> {
    routes: Vec<Route<S>>,
}

struct Route<S> {
    method: Method,
    segments: Vec<Segment>,
    handler: Handler<S>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Param(&'static str),
    Rest(&'static str),
}

impl<S> Default for Router<S> {
    fn default() -> Self {
        Self { routes: Vec::new() }
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").field("routes", &self.routes.len()).finish()
    }
}

impl<S> Router<S> {
    /// No routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a handler for GET and HEAD.
    #[must_use]
    pub fn get<F, Fut>(self, path: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + 'static,
    {
        self.route(Method::GET, path, handler)
    }

    /// Adds a handler for POST.
    #[must_use]
    pub fn post<F, Fut>(self, path: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + 'static,
    {
        self.route(Method::POST, path, handler)
    }

    /// Adds a handler for any method.
    #[must_use]
    pub fn route<F, Fut>(mut self, method: Method, path: &'static str, handler: F) -> Self
    where
        F: Fn(S, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + 'static,
    {
        self.routes.push(Route {
            method,
            segments: segments(path),
            handler: Box::new(move |state, request| Box::pin(handler(state, request))),
        });
        self
    }

    /// Finds the handler for `method` and `path` and the parameters it gets.
    ///
    /// # Errors
    ///
    /// 404 when no route has the path, 405 with the known methods when none has the method.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Found<'_, S>, Problem> {
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        let mut allowed: Vec<&Method> = Vec::new();
        for route in &self.routes {
            let Some(params) = route.matches(path) else { continue };
            if route.method == *wanted {
                return Ok(Found { handler: &route.handler, params });
            }
            if !allowed.contains(&&route.method) {
                allowed.push(&route.method);
            }
        }
        if allowed.is_empty() {
            return Err(Problem::not_found("There is nothing at this address."));
        }
        let mut names: Vec<&str> = allowed.into_iter().map(Method::as_str).collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        let allow = names.join(", ");
        let text = format!("This address takes only {allow}.");
        let mut problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text);
        problem.allow = Some(allow);
        Err(problem)
    }
}

/// A route that fits.
pub(crate) struct Found<'a, S> {
    handler: &'a Handler<S>,
    params: Vec<(&'static str, String)>,
}

impl<S> Found<'_, S> {
    #[cfg(test)]
    pub(crate) fn params(&self) -> &[(&'static str, String)] {
        &self.params
    }

    /// Hands the request to the handler.
    pub(crate) fn call(
        self,
        state: S,
        mut request: Request,
    ) -> Pin<Box<dyn Future<Output = Answer>>> {
        request.params = self.params;
        (self.handler)(state, request)
    }
}

impl<S> Route<S> {
    fn matches(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let mut params = Vec::new();
        let mut rest = Some(path.strip_prefix('/')?);
        for segment in &self.segments {
            let text = rest?;
            let (first, tail) = match text.split_once('/') {
                Some((first, tail)) => (first, Some(tail)),
                None => (text, None),
            };
            match *segment {
                Segment::Literal(literal) if literal == first => rest = tail,
                Segment::Literal(_) => return None,
                Segment::Param(name) => {
                    if first.is_empty() {
                        return None;
                    }
                    params.push((name, percent_decode(first)?.into_owned()));
                    rest = tail;
                }
                Segment::Rest(name) => {
                    params.push((name, percent_decode(text)?.into_owned()));
                    return Some(params);
                }
            }
        }
        rest.is_none().then_some(params)
    }
}

fn segments(path: &'static str) -> Vec<Segment> {
    path.trim_start_matches('/')
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            None => Segment::Literal(part),
            Some(name) => match name.strip_prefix('*') {
                Some(rest) => Segment::Rest(rest),
                None => Segment::Param(name),
            },
        })
        .collect()
}
