//! The pages without a script: set up, invite, sign in and out.

use parlor_engine::block_on;
use parlor_hub::Registration;
use parlor_web::WebOptions;
use serde_json::{Value, json};

use crate::browser::Answer;
use crate::house::{House, PASSWORD};
use crate::tab::Tab;

/// The link between quotes that begins with `start`.
fn link<'a>(page: &'a Answer, start: &str) -> &'a str {
    let text = page.text();
    let from = text.find(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    text[from..].split('"').next().unwrap()
}

#[test]
fn the_first_one_sets_the_server_up_and_nobody_else_can() {
    let house = House::start();
    let mut browser = house.browser();
    assert_eq!(browser.get("/").header("location"), Some("/signin"));
    assert!(browser.get("/signin").text().contains("not been set up yet"));
    let path = format!("/setup/{}", house.setup());
    let page = browser.get(&path);
    assert_eq!(page.status, 200);
    assert!(page.text().contains(&format!("action=\"{path}\"")), "{}", page.text());

    assert_eq!(browser.get("/setup/guessed").status, 403);
    let wrong = browser.post("/setup/guessed", &[("name", "eve"), ("password", PASSWORD)]);
    assert_eq!(wrong.status, 403, "{}", wrong.text());
    let empty = browser.post(&path, &[("name", "ann"), ("password", "")]);
    assert_eq!(empty.status, 422);
    assert!(empty.text().contains("value=\"ann\"") && empty.text().contains("role=\"alert\""));

    let mut ann = house.set_up("ann");
    let home = ann.get("/");
    assert_eq!(home.status, 200);
    assert!(home.text().contains("data-me=\"ann\" data-admin=\"true\""), "{}", home.text());

    for answer in
        [browser.get(&path), browser.post(&path, &[("name", "eve"), ("password", PASSWORD)])]
    {
        assert_eq!(answer.status, 410);
        assert!(answer.text().contains("already been set up"), "{}", answer.text());
    }
    assert!(!browser.get("/signin").text().contains("not been set up yet"));
}

#[test]
fn an_invitation_makes_as_many_accounts_as_it_says() {
    let (house, mut ann) = House::lived_in();
    assert_eq!(
        house.browser().get("/invitations").header("location"),
        Some("/signin?next=/invitations")
    );
    assert_eq!(ann.get("/invitations").status, 200);
    let made = ann.post("/invitations", &[("uses", "1"), ("days", "7")]);
    assert_eq!(made.status, 200, "{}", made.text());
    let url = link(&made, &format!("{}/invite/", ann.origin())).to_owned();
    let path = url.strip_prefix(&ann.origin()).unwrap();
    // The address of this test is this computer's own: a phone could do nothing with it.
    assert!(!made.text().contains("data:image/svg+xml"), "{}", made.text());

    let mut bob = house.browser();
    for _ in 0..3 {
        let page = bob.get(path);
        assert!(page.text().contains("<strong id=\"invited-by\">ann</strong>"), "{}", page.text());
    }
    let taken = bob.post(path, &[("name", "ann"), ("password", PASSWORD)]);
    assert_eq!(taken.status, 409);
    let joined = bob.post(path, &[("name", "bob"), ("password", PASSWORD)]);
    assert_eq!((joined.status, joined.header("location")), (303, Some("/")));
    assert!(bob.get("/").text().contains("data-me=\"bob\" data-admin=\"false\""));

    let mut eve = house.browser();
    let used = eve.get(path);
    assert_eq!(used.status, 410);
    assert!(used.text().contains("used up"), "{}", used.text());
    assert_eq!(eve.post(path, &[("name", "eve"), ("password", PASSWORD)]).status, 410);
    assert_eq!(eve.get("/invite/never-made").status, 404);
    let forbidden = bob.post("/invitations", &[("uses", "1"), ("days", "7")]);
    assert!([200, 403].contains(&forbidden.status), "{}", forbidden.status);
    for (uses, days) in
        [("many", "7"), ("0", "7"), ("1", "0"), ("-1", "1"), ("1001", "7"), ("1", "91")]
    {
        assert_eq!(ann.post("/invitations", &[("uses", uses), ("days", days)]).status, 400);
    }
}

#[test]
fn an_invitation_to_a_room_says_so_and_leads_there() {
    let (house, ann) = House::lived_in();
    let bob = house.member("bob");
    let (mut of_ann, mut of_bob) = (Tab::open(&ann), Tab::open(&bob));
    let k = of_ann.ask("chat.join", json!({"name": "#club"}))["room"]["k"].clone();
    of_ann.ask("chat.modes", json!({"k": k, "invited_only": true}));
    let path = |tab: &mut Tab, wish: Value| {
        let url = tab.ask("invite.create", wish)["url"].as_str().unwrap().to_owned();
        format!("/invite/{}", url.split("/invite/").nth(1).unwrap())
    };
    let link = path(&mut of_ann, json!({"k": k, "role": "voice", "uses": 2}));
    let listed = of_ann.ask("invite.list", json!({}))["invitations"][0].clone();
    assert_eq!((&listed["room"], &listed["role"]), (&json!("#club"), &json!("voice")));

    // Whoever has an account goes in, and its open pages follow.
    let mut browser = bob.clone();
    let page = browser.get(&link).text().to_owned();
    assert!(page.contains("to <strong id=\"invited-to\">#club</strong>, as somebody with a voice"));
    assert!(page.contains("Join #club"), "{page}");
    assert_eq!(browser.post(&link, &[]).header("location"), Some("/"));
    let joined = of_bob.event("chat.joined");
    assert_eq!((&joined["p"]["room"]["k"], &joined["p"]["room"]["role"]), (&k, &json!("voice")));

    // Whoever has none makes one, and is in.
    let mut cid = house.browser();
    assert!(cid.get(&link).text().contains("Make my account"));
    assert_eq!(cid.post(&link, &[("name", "cid"), ("password", PASSWORD)]).status, 303);
    let rooms = Tab::open(&cid).welcome["rooms"].clone();
    assert_eq!((rooms.as_array().unwrap().len(), &rooms[0]["role"]), (1, &json!("voice")));

    // The link of one who is no administrator makes no accounts.
    let k = of_bob.ask("chat.join", json!({"name": "#den"}))["room"]["k"].clone();
    let link = path(&mut of_bob, json!({"k": k}));
    let mut eve = house.browser();
    let page = eve.get(&link);
    assert!(page.text().contains("for people who have an account here"), "{}", page.text());
    assert!(page.text().contains(&format!("/signin?next={link}")), "{}", page.text());
    assert_eq!(eve.post(&link, &[("name", "eve"), ("password", PASSWORD)]).status, 403);
    let refused = of_bob.try_ask("invite.create", json!({})).unwrap_err();
    assert_eq!(refused, "not_allowed");
}

#[test]
fn a_public_address_is_in_the_link_and_in_a_picture() {
    let options = WebOptions {
        public_url: Some("https://chat.example/".to_owned()),
        ..WebOptions::default()
    };
    let house = House::with(options, Registration::Invite);
    let mut ann = house.set_up("ann");
    let made = ann.post("/invitations", &[("uses", "3"), ("days", "1")]);
    assert!(made.text().contains("value=\"https://chat.example/invite/"), "{}", made.text());
    assert!(made.text().contains("src=\"data:image/svg+xml;base64,"), "{}", made.text());
    assert!(made.text().contains("Good for 3 people, for one day."), "{}", made.text());
}

#[test]
fn signing_in_leads_to_where_one_wanted_but_never_elsewhere() {
    let (house, _) = House::lived_in();
    let check = |next: &str, wanted: &str| {
        let fields = [("name", " ann "), ("password", PASSWORD), ("next", next)];
        let answer = house.browser().post("/signin", &fields);
        assert_eq!((answer.status, answer.header("location")), (303, Some(wanted)), "{next}");
    };
    check("", "/");
    check("/invitations", "/invitations");
    for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/e", "x"] {
        check(elsewhere, "/");
        let page = house
            .browser()
            .get(&format!("/signin?next={}", parlor_http::percent_encode(elsewhere)));
        assert!(page.text().contains("name=\"next\" value=\"/\""), "{}", page.text());
    }
}

#[test]
fn wrong_and_unknown_look_the_same() {
    let (house, _) = House::lived_in();
    let try_in = |name: &str, password: &str| {
        house.browser().post("/signin", &[("name", name), ("password", password)])
    };
    let hashes = house.link().password_hashes();
    let wrong = try_in("ann", "not the password");
    let unknown = try_in("zoe", "not the password");
    assert_eq!((wrong.status, unknown.status), (401, 401));
    assert_eq!(
        wrong.text().replace("value=\"ann\"", ""),
        unknown.text().replace("value=\"zoe\"", "")
    );
    assert_eq!(house.link().password_hashes(), hashes + 2, "both cost a hash");
}

#[test]
fn too_many_failures_are_told_when_to_try_again() {
    let (house, _) = House::lived_in();
    let mut browser = house.browser();
    let mut last = 0;
    for _ in 0..20 {
        let answer = browser.post("/signin", &[("name", "ann"), ("password", "wrong")]);
        last = answer.status;
        if last == 429 {
            let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!(wait > 0);
            break;
        }
        assert_eq!(last, 401);
    }
    assert_eq!(last, 429);
}

#[test]
fn signing_out_ends_the_session_on_the_server() {
    let (_house, mut ann) = House::lived_in();
    let stolen = ann.clone();
    let out = ann.post("/signout", &[]);
    assert_eq!((out.status, out.header("location")), (303, Some("/signin")));
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(stolen.clone().get("/").status, 303);
}

#[test]
fn the_session_cookie_is_guarded() {
    let (house, ann) = House::lived_in();
    let answer = house.browser().post("/signin", &[("name", "ann"), ("password", PASSWORD)]);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    assert_ne!(ann.cookie.as_deref(), cookie.split(['=', ';']).nth(1), "each sign-in is another");

    let public_url = Some("https://chat.example".to_owned());
    let house =
        House::with(WebOptions { public_url, ..WebOptions::default() }, Registration::Invite);
    block_on(house.link().add_account("ann", PASSWORD, true)).unwrap();
    let answer = house.browser().post("/signin", &[("name", "ann"), ("password", PASSWORD)]);
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"));
}

#[test]
fn signing_in_again_ends_the_session_before() {
    let (_house, mut ann) = House::lived_in();
    let before = ann.clone();
    assert_eq!(ann.post("/signin", &[("name", "ann"), ("password", PASSWORD)]).status, 303);
    assert_eq!(before.clone().get("/api/v1/me").status, 401);
    assert_eq!(ann.get("/api/v1/me").status, 200);
}

#[test]
fn registration_is_offered_only_where_it_is_open() {
    let house = House::with(WebOptions::default(), Registration::Open);
    let mut ann = house.set_up("ann");
    let mut bob = house.browser();
    assert!(bob.get("/signin").text().contains("href=\"/register\""));
    assert_eq!(bob.get("/register").status, 200);
    let made = bob.post("/register", &[("name", "bob"), ("password", PASSWORD)]);
    assert_eq!((made.status, made.header("location")), (303, Some("/")), "{}", made.text());
    assert!(ann.get("/register").text().contains("already signed in"));

    let (house, _) = House::lived_in();
    let mut eve = house.browser();
    assert!(!eve.get("/signin").text().contains("/register"));
    assert_eq!(eve.get("/register").status, 403);
    assert_eq!(eve.post("/register", &[("name", "eve"), ("password", PASSWORD)]).status, 403);
}

#[test]
fn hostile_names_stay_text() {
    let (house, _) = House::lived_in();
    let hostile = "\"><script>alert(1)</script>";
    let answer = house.browser().post("/signin", &[("name", hostile), ("password", "x")]);
    assert!(!answer.text().contains("<script"), "{}", answer.text());
    let query = format!("/signin?next={}", parlor_http::percent_encode("/\"><script>"));
    assert!(!house.browser().get(&query).text().contains("<script"));
}

/// What the page was written with.
fn first(page: &str) -> Value {
    let begin = "<script type=\"application/json\" id=\"first\">";
    let data = page.split_once(begin).unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(data).unwrap()
}

#[test]
fn the_page_brings_its_first_messages() {
    let (_house, mut ann) = House::lived_in();
    // Who was never here has no room yet; the connection takes them to the lobby.
    assert_eq!(first(ann.get("/").text()), Value::Null);
    let mut rooms = Vec::new();
    for name in ["#lobby", "#garden"] {
        let joined = ann.post_json("/api/v1/rooms", &json!({"name": name})).json();
        let k = joined["room"]["k"].clone();
        let said = json!({"text": format!("said in {name}: </script><!-- & \"")});
        let posted = ann.post_json(&format!("/api/v1/rooms/{k}/messages"), &said);
        assert_eq!(posted.status, 201, "{}", posted.text());
        rooms.push(k);
    }
    let told = first(ann.get("/").text());
    assert_eq!(told["welcome"]["me"]["nick"], "ann");
    assert_eq!(told["welcome"]["rooms"].as_array().unwrap().len(), 2);
    assert_eq!(told["conversation"], format!("room:{}", rooms[0]), "the oldest room");
    assert_eq!(told["page"]["messages"][0]["text"], "said in #lobby: </script><!-- & \"");

    // The page remembers in a cookie what was open; anything else there is only ignored.
    let session = ann.cookie.clone().unwrap();
    for (place, room) in [(&*format!("room:{}", rooms[1]), 1), ("room:999", 0), ("x", 0)] {
        ann.cookie = Some(format!("{session}; parlor_place={place}"));
        let told = first(ann.get("/").text());
        assert_eq!(told["conversation"], format!("room:{}", rooms[room]), "{place}");
    }
}
