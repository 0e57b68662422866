//! `POST /api/v1/files` and `GET /files/<id>/<name>`: images are taken in and given out piece by
//! piece, so that none is ever whole in memory.

use std::sync::Arc;

use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use parlor_chat::limits::FILE_BYTES_MAX;
use parlor_http::{Answer, Problem, Request, Response};
use parlor_hub::Account;
use parlor_hub::credit::COMMAND;

use crate::failure;
use crate::live::message::file::FileView;
use crate::live::presence;
use crate::site::App;
use crate::visitor;

/// Whatever somebody manages to have shown under this address can do nothing.
const POLICY: &str = "default-src 'none'; sandbox";

/// Takes an image in.
pub(crate) async fn submit(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let name = request.query("name").unwrap_or_default();
    let file = take(&app, &visitor.account, &name, request).await?;
    Ok(Response::json(StatusCode::CREATED, &file))
}

/// Keeps the image that is the body of a request, for this account.
pub(super) async fn take(
    app: &App,
    owner: &Account,
    name: &str,
    mut request: Request,
) -> Result<FileView, Problem> {
    let said = request.header(&CONTENT_TYPE).unwrap_or_default();
    // A form can't be sent by another site to here, and what is no image need not be sent at all.
    if !said.trim_start().to_ascii_lowercase().starts_with("image/") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Only png, jpeg, gif and webp images can be stored.",
        ));
    }
    presence::charge(app, owner, COMMAND).await?;
    let upload = app.chat.upload(owner, name).await;
    let upload = upload.map_err(failure::command)?;
    while let Some(piece) = request.piece(FILE_BYTES_MAX).await? {
        upload.write(piece).await.map_err(failure::command)?;
    }
    upload.finish().await.map(FileView::from).map_err(failure::command)
}

/// Gives an image out to who may see it.
pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let view = app.chat.file(&visitor.account, request.param("id")).await;
    let view = view.map_err(failure::command)?;
    let file = view.file.clone();
    // What an id names never changes, and the browser keeps it for this person alone.
    let tag = format!("\"{}\"", file.id);
    let known = request.header(&IF_NONE_MATCH).is_some_and(|known| known.contains(&tag));
    let response = if known {
        Response::empty(StatusCode::NOT_MODIFIED)
    } else {
        let mut at = 0;
        Response::in_pieces(&file.kind, file.bytes, move || {
            let (view, from) = (view.clone(), at);
            at += parlor_chat::limits::PIECE_BYTES as u64;
            async move { view.piece(from).await }
        })
    };
    let disposition = format!("inline; filename*=UTF-8''{}", FileView::encoded(&file.name));
    Ok(response
        .header(CONTENT_DISPOSITION, &disposition)
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .header(CACHE_CONTROL, "private, max-age=31536000, immutable")
        .header(ETAG, &tag))
}
