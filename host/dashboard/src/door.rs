//! Who is let in: whoever names this machine as the host and knows the token, to look at things.
//!
//! The host is checked because a page of somebody else can have its name lead to 127.0.0.1 after it was loaded, and
//! would then count as of this origin (DNS rebinding).

use crate::routes::Shared;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, REFERRER_POLICY};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// What every answer says: nobody keeps it, shows it in a frame, guesses its type or learns the address from it.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("x-frame-options"), "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What pages may do that say nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Stands in front of all paths. The token is taken off the path of whoever is let in.
pub(crate) async fn door(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let mut response = match let_in(&shared, request.method(), request.headers(), request.uri()) {
        Ok(uri) => {
            *request.uri_mut() = uri;
            next.run(request).await
        }
        Err((status, why)) => (status, why).into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
    response
}

/// The path without the token, or why nobody is let in.
fn let_in(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap<HeaderValue>,
    uri: &Uri,
) -> Result<Uri, (StatusCode, &'static str)> {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let here = ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", shared.port));
    if !here.iter().any(|here| host.eq_ignore_ascii_case(here)) {
        return Err((
            StatusCode::MISDIRECTED_REQUEST,
            "the dashboard is at 127.0.0.1 and nowhere else\n",
        ));
    }
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let (token, rest) = path.split_once('/').unwrap_or((path, ""));
    if !shared.token.is(token) {
        return Err((
            StatusCode::FORBIDDEN,
            "this address lacks the token\nhint: koderz dashboard prints the whole address when it starts\n",
        ));
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "the dashboard only shows things\n"));
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{rest}{query}")
        .parse()
        .map_err(|_| (StatusCode::BAD_REQUEST, "this is no address\n"))
}

/// HTML, with a policy of its own if it has one.
pub(crate) fn page(html: String, policy: Option<&str>) -> Response {
    let mut response = axum::response::Html(html).into_response();
    if let Some(policy) = policy
        && let Ok(value) = HeaderValue::from_str(&format!("{policy}; frame-ancestors 'none'"))
    {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// A file of the dashboard's own.
pub(crate) fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = Body::from(text).into_response();
    let headers = response.headers_mut();
    headers.insert(axum::http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
