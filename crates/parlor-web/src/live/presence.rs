//! An account's presence for as long as somebody holds on to it, and what its requests cost it.

use http::StatusCode;
use parlor_engine::time;
use parlor_http::Problem;
use parlor_hub::{Account, Attached, ClientInfo, Failure, Identity, Link, Nick, NickRefusal};

use crate::failure;
use crate::limits;
use crate::site::App;

/// A session of the hub; dropping it detaches, whatever ended the connection.
pub(crate) struct Presence {
    link: Link,
    who: Attached,
    /// What the rooms are told when it ends.
    pub(crate) farewell: &'static str,
}

impl Presence {
    /// Attaches a live connection of `account` under its own name.
    pub(crate) async fn attach(app: &App, account: &Account) -> Result<Self, Problem> {
        let identity = Identity::Account(account.clone());
        let attached = app.link.attach(identity, &account.name, client(account, "web")).await;
        Self::of(app, attached).await
    }

    /// Attaches `account` for one request of a program, once it has the credit for it.
    pub(crate) async fn request(app: &App, account: &Account, cost: u32) -> Result<Self, Problem> {
        charge(app, account, cost).await?;
        Self::visit(app, account, "api").await
    }

    /// Attaches `account` for one request, which nobody sees come and go.
    pub(crate) async fn visit(
        app: &App,
        account: &Account,
        protocol: &'static str,
    ) -> Result<Self, Problem> {
        Self::of(app, app.link.visit(account.clone(), client(account, protocol)).await).await
    }

    async fn of(
        app: &App,
        attached: Result<Attached, Failure<NickRefusal>>,
    ) -> Result<Self, Problem> {
        let who = attached.map_err(failure::command)?;
        let presence = Self { link: app.link.clone(), who, farewell: "connection lost" };
        app.chat.arrived(&presence.who).await;
        Ok(presence)
    }

    /// Notes that the person has another nick.
    pub(crate) fn rename(&mut self, nick: Nick) {
        self.who.nick = nick;
    }

    /// Notes that the person says of itself that it is a program, or no more.
    pub(crate) fn set_bot(&mut self, bot: bool) {
        self.who.bot = bot;
    }

    /// Who is present.
    pub(crate) fn who(&self) -> &Attached {
        &self.who
    }
}

/// Charges a request to the credit that all connections of an account share, whatever they speak.
/// Who has used it up waits for its turn, as a live connection does; who would wait too long because
/// many requests wait already is told when to come back, and pays nothing. Requests of administrators
/// are not charged: whole archives are brought in by their programs.
pub(crate) async fn charge(app: &App, account: &Account, cost: u32) -> Result<(), Problem> {
    let Some(pools) = app.options.pools.as_ref().filter(|_| !account.admin) else { return Ok(()) };
    let now = time::now();
    let pool = pools.of_account(account.id, now);
    let wait = pool.charge(0, now).map(|until| until.saturating_duration_since(now));
    if let Some(wait) = wait.filter(|wait| *wait > limits::CREDIT_WAIT_MAX) {
        let sentence = "You are asking for more than there is time for. Wait a moment.";
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_fast", sentence);
        return Err(problem.retry_after(wait.as_secs() + 1));
    }
    if let Some(until) = pool.charge(cost, now) {
        time::sleep_until(until).await;
    }
    Ok(())
}

fn client(account: &Account, protocol: &'static str) -> ClientInfo {
    ClientInfo {
        protocol,
        user: account.name.folded(),
        // Addresses of people are nobody else's business.
        host: "web".to_owned(),
        realname: account.name.as_str().to_owned(),
        away: None,
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.link.detach(self.who.session, self.farewell);
    }
}
