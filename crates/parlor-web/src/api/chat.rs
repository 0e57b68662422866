//! `POST /api/v1/chat/{command}`: the commands of the live protocol that need no live connection,
//! with the same parameters and the same answers.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Problem, Request, Response};
use parlor_hub::credit::COMMAND;
use serde::Serialize;

use crate::limits;
use crate::live::command::{
    LITTLE, chat_draft, chat_edit, chat_edits, chat_history, chat_notify, chat_quiet_hours,
    chat_react, chat_redact, chat_search, chat_unreact,
};
use crate::live::presence::Presence;
use crate::site::App;
use crate::visitor;

pub(crate) async fn run(app: Arc<App>, mut request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let command = request.param("command").to_owned();
    let p: serde_json::Value = request.json(limits::JSON_BYTES_MAX).await?;
    let present = Presence::request(&app, &visitor.account, cost(&command)).await?;
    let (chat, who) = (&app.chat, present.who());
    match &*command {
        "history" => answer(chat_history::run(chat, who, read(p)?).await),
        "edit" => answer(chat_edit::run(chat, who, read(p)?).await),
        "edits" => answer(chat_edits::run(chat, who, read(p)?).await),
        "redact" => answer(chat_redact::run(chat, who, read(p)?).await),
        "react" => answer(chat_react::run(chat, who, read(p)?).await),
        "unreact" => answer(chat_unreact::run(chat, who, read(p)?).await),
        "search" => answer(chat_search::run(chat, who, read(p)?).await),
        "draft" => answer(chat_draft::run(chat, who, read(p)?).await),
        "notify" => answer(chat_notify::run(chat, who, read(p)?).await),
        "quiet_hours" => answer(chat_quiet_hours::run(chat, who, read(p)?).await),
        _ => Err(Problem::not_found("There is no such command.")),
    }
}

/// What a command costs, as on the live connection.
fn cost(command: &str) -> u32 {
    match command {
        "history" | "edits" | "draft" | "notify" | "quiet_hours" => LITTLE,
        _ => COMMAND,
    }
}

fn read<T: serde::de::DeserializeOwned>(p: serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(p)
        .map_err(|why| Problem::bad_request(format!("The parameters do not fit: {why}.")))
}

fn answer<T: Serialize>(outcome: Result<T, Problem>) -> Answer {
    outcome.map(|p| Response::json(StatusCode::OK, &p))
}
