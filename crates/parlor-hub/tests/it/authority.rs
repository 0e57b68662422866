//! Who may ask the hub for what: every function of its link stands in `authority.txt`, and those
//! that decide themselves are asked here.
//!
//! A function without a row fails the first test, so that none is added without somebody having
//! thought of who may call it.

use std::{collections::BTreeSet, fs, path::Path};

use parlor_hub::{Account, Actor, Credential, HubOptions, PersonId, Registration};

use crate::credentials::scram;
use crate::world::{OPTIONS, World, block_on};

const TABLE: &str = include_str!("authority.txt");

/// The rows of a part of the table.
fn rows(part: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let head = format!("[{part}]");
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rest = lines.skip_while(|line| !line.starts_with(&head)).skip(1);
    let rows = rest.take_while(|line| !line.starts_with('['));
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        (words.next().unwrap(), words.collect())
    };
    rows.map(row).collect()
}

/// The functions of the link, as its sources have them.
fn functions() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut functions = BTreeSet::new();
    for folder in [sources.clone(), sources.join("profile")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let mut link = false;
            for line in fs::read_to_string(path).unwrap().lines() {
                if line.starts_with("impl") {
                    link = line == "impl Link {";
                }
                let public = ["    pub async fn ", "    pub fn "];
                let rest = public.iter().find_map(|start| line.strip_prefix(start));
                let name = rest.filter(|_| link).and_then(|rest| rest.split(['(', '<']).next());
                functions.extend(name.map(str::to_owned));
            }
        }
    }
    functions
}

#[test]
fn every_function_stands_in_the_table() {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    let names: Vec<_> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    let all: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(all, functions(), "left: the table, right: the sources");
    assert_eq!(all.len(), names.len(), "each once");
}

fn check(part: &str, columns: usize, answer: impl Fn(&str, usize) -> bool) {
    for (row, cells) in rows(part) {
        assert_eq!(cells.len(), columns, "{row}");
        for (column, wanted) in cells.into_iter().enumerate() {
            let got = if answer(row, column) { "yes" } else { "no" };
            assert_eq!(got, wanted, "[{part}] {row}, column {}", column + 1);
        }
    }
}

fn actor(account: &Account, admin: bool) -> Actor {
    Actor { person: account.id.into(), account: Some(account.id), admin }
}

#[test]
fn what_administrators_do() {
    check("administrator", 5, |row, column| {
        let world = World::new();
        let link = &world.link;
        let admin = block_on(link.add_account("root", "password", true)).unwrap();
        let account = world.register("ann");
        let nobody = Actor { person: PersonId(7), account: None, admin: false };
        let by = match column {
            0 => nobody,
            1 => actor(&account, false),
            2 => actor(&account, true),
            3 => Actor { admin: true, ..nobody },
            _ => actor(&admin, true),
        };
        let root = actor(&admin, true);
        block_on(link.create_invitation(&root, 1, 3600)).unwrap();
        let id = block_on(link.invitations(&root)).unwrap().remove(0).id;
        match row {
            "create_invitation" => block_on(link.create_invitation(&by, 1, 3600)).is_ok(),
            "invitations" => {
                block_on(link.invitations(&by)).is_ok_and(|all| all.iter().any(|one| one.id == id))
            }
            "revoke_invitation" => block_on(link.revoke_invitation(&by, &id)).is_ok(),
            "server_audit" => block_on(link.server_audit(&by, None, 9)).unwrap().is_some(),
            other => panic!("{other}"),
        }
    });
}

#[test]
fn what_secrets_open() {
    check("secret", 2, |row, column| {
        let right = column == 0;
        let options = HubOptions { registration: Registration::Invite, ..OPTIONS };
        let world = World::with(options);
        let link = &world.link;
        let setup = block_on(link.setup_token()).unwrap().unwrap();
        let setup = if right { setup } else { format!("x{setup}") };
        match row {
            "check_setup_token" => return block_on(link.check_setup_token(&setup)).is_ok(),
            "set_up" => return block_on(link.set_up(&setup, "root", "password")).is_ok(),
            _ => {}
        }
        let ann = block_on(link.add_account("ann", "password", true)).unwrap();
        let password = if right { "password" } else { "passworx" };
        let or_wrong = |secret: String| if right { secret } else { format!("x{secret}") };
        let invited =
            || or_wrong(block_on(link.create_invitation(&actor(&ann, true), 1, 3600)).unwrap());
        let session = world.session(&ann, "laptop");
        match row {
            "register" => {
                block_on(link.register("bob", "password", Some(&invited()), None)).is_ok()
            }
            "invitation" => block_on(link.invitation(&invited())).is_ok(),
            "sign_in" => block_on(link.sign_in("ann", password, None)).is_ok(),
            "authenticate" => block_on(link.authenticate("ann", password, None)).is_ok(),
            "app_password" => {
                let (_, secret) = block_on(link.create_app_password(ann.id, "irc")).unwrap();
                block_on(link.app_password(&or_wrong(secret))).unwrap().is_some()
            }
            // The exchange begins for anybody, so that it says nothing about who has an account.
            "scram_begin" | "scram_finish" => scram(link, "ann", password).is_ok(),
            "change_password" => {
                let changed = link.change_password(&ann, password, "new password", None, "");
                block_on(changed).is_ok()
            }
            "session" => block_on(link.session(&or_wrong(session))).unwrap().is_some(),
            "revoke_session" => {
                block_on(link.revoke_session(&or_wrong(session.clone()))).unwrap();
                block_on(link.session(&session)).unwrap().is_none()
            }
            other => panic!("{other}"),
        }
    });
}

#[test]
fn what_is_ones_own() {
    check("own", 2, |row, column| {
        let world = World::new();
        let link = &world.link;
        let (ann, bob) = (world.register("ann"), world.register("bob"));
        world.session(&ann, "laptop");
        let session = block_on(link.sessions(ann.id)).unwrap().remove(0).id;
        let (app, _) = block_on(link.create_app_password(ann.id, "irc")).unwrap();
        let asker = if column == 0 { ann.id } else { bob.id };
        match row {
            "sessions" => block_on(link.sessions(asker)).unwrap().iter().any(|s| s.id == session),
            "end_session" => block_on(link.end_session(asker, &session)).is_ok(),
            "app_passwords" => {
                block_on(link.app_passwords(asker)).unwrap().iter().any(|p| p.id == app.id)
            }
            "remove_app_password" => block_on(link.remove_app_password(asker, app.id)).is_ok(),
            "is_signed_in" => block_on(link.is_signed_in(asker, &session, u64::MAX)).unwrap(),
            "still_opens" => {
                block_on(link.still_opens(asker, Credential::AppPassword(app.id))).unwrap()
            }
            "always_on" => {
                block_on(link.set_always_on(ann.id, false)).unwrap();
                !block_on(link.always_on(asker)).unwrap()
            }
            "set_always_on" => {
                block_on(link.set_always_on(asker, false)).unwrap();
                !block_on(link.always_on(ann.id)).unwrap()
            }
            other => panic!("{other}"),
        }
    });
}
