//! Static files and pictures: the same for everybody, and cacheable by everybody.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::assets;
use super::avatar::svg;
use super::trouble::lost;

/// How long a picture may be kept: a day. It depends on the login alone, but how it is drawn may
/// change with the program.
const PICTURE: &str = "public, max-age=86400";

/// `GET /static/{file}`
pub(super) async fn asset(Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(asset) = assets::find(&file) else { return lost(uri, headers).await };
    let kept = [(CACHE_CONTROL, assets::CACHE_CONTROL), (ETAG, &*asset.etag), (CONTENT_TYPE, asset.content_type)];
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == asset.etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, asset.bytes).into_response()
}

/// `GET /avatars/{login}.svg`
///
/// Drawn from the login alone, for any login: it must not tell which ones exist.
pub(super) async fn avatar(Path(file): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(login) = file.strip_suffix(".svg").filter(|login| !login.is_empty()) else {
        return lost(uri, headers).await;
    };
    ([(CACHE_CONTROL, PICTURE), (CONTENT_TYPE, "image/svg+xml")], svg(login, "")).into_response()
}
