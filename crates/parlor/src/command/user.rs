//! `parlor user …`: accounts, through the running server or, when none runs, on the directory itself.

use std::path::Path;

use parlor_hub::{Hashing, HubOptions, Registration};

use crate::admin::{self, Answer, Request};
use crate::cli::User;
use crate::exit::Problem;
use crate::instance::Instance;
use crate::prompt::new_password;

/// Does what was asked and says so.
#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
pub(crate) fn run(user: User) -> anyhow::Result<()> {
    let mut as_json = false;
    let (data, request, told) = match user {
        User::Add { data, name, password, admin } => {
            let password = new_password(&password)?;
            let told = format!("added {name}");
            (data, Request::AddAccount { name, password, admin }, told)
        }
        User::Passwd { data, name, password } => {
            let password = new_password(&password)?;
            let told = format!("{name} has a new password");
            (data, Request::SetPassword { name, password }, told)
        }
        User::Remove { data, name } => {
            let told = format!("removed {name}");
            (data, Request::RemoveAccount { name }, told)
        }
        User::Token { data, name, label } => {
            (data, Request::MakeToken { name, label }, String::new())
        }
        User::List { data, json } => {
            as_json = json;
            (data, Request::ListAccounts, String::new())
        }
    };
    match carry_out(&data.data, request)? {
        Answer::Token { password } => println!("{password}"),
        Answer::Accounts { accounts } if as_json => {
            println!("{}", serde_json::to_string(&accounts)?);
        }
        Answer::Accounts { accounts } if accounts.is_empty() => println!("no accounts yet"),
        Answer::Accounts { accounts } => {
            for account in accounts {
                println!(
                    "{}{}",
                    account.name,
                    if account.admin { "  (administrator)" } else { "" }
                );
            }
        }
        _ => println!("{told}"),
    }
    Ok(())
}

/// Asks the running server, or does it here when none runs.
pub(super) fn carry_out(data: &Path, request: Request) -> anyhow::Result<Answer> {
    let answer = match admin::ask(data, &request)? {
        Some(answer) => answer,
        None => on_the_directory(data, request)?,
    };
    match answer {
        Answer::Refused { why } => Err(Problem::Refused(why).into()),
        Answer::Failed { why } => Err(anyhow::anyhow!(why)),
        answer => Ok(answer),
    }
}

fn on_the_directory(data: &Path, request: Request) -> anyhow::Result<Answer> {
    // Only a first account makes a directory; for anything else the wrong one was named.
    if !matches!(request, Request::AddAccount { .. }) && !Instance::is_at(data) {
        let why = format!(
            "there is nothing of Parlor in {}: name the server's directory with --data",
            data.display()
        );
        return Err(Problem::Data(why).into());
    }
    let hub = HubOptions {
        registration: Registration::Closed,
        hashing: Hashing::Standard,
        attempts: false,
        always_on: false,
        ..HubOptions::default()
    };
    let instance = Instance::open(data, hub, None)?;
    let answer = parlor_engine::block_on(admin::perform(&instance.link, None, request));
    instance.close();
    Ok(answer)
}
