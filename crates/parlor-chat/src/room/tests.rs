//! What is a name of a room and what is not.

use proptest::prelude::*;

use super::*;

#[test]
fn names_are_checked() {
    for good in ["#a", "#Lobby", "##x", "#ünïcode-🎉", "#a.b:c!", &format!("#{}", "x".repeat(63))]
    {
        assert_eq!(RoomName::new(good).unwrap().as_str(), good);
    }
    for (bad, why) in [
        ("", RoomNameRefusal::NoHash),
        ("lobby", RoomNameRefusal::NoHash),
        ("#", RoomNameRefusal::Empty),
        ("#a b", RoomNameRefusal::Malformed),
        ("#a,b", RoomNameRefusal::Malformed),
        ("#a\x07", RoomNameRefusal::Malformed),
        ("#a\u{a0}b", RoomNameRefusal::Malformed),
        ("#a\n", RoomNameRefusal::Malformed),
        (&format!("#{}", "x".repeat(64)), RoomNameRefusal::TooLong),
    ] {
        assert_eq!(RoomName::new(bad), Err(why), "{bad:?}");
    }
    assert_eq!(RoomName::new("#LoBBy").unwrap().folded(), "#lobby");
}

proptest! {
    #[test]
    fn any_text_is_a_name_or_not(text in "(?s)#?.{0,70}") {
        if let Ok(name) = RoomName::new(&text) {
            prop_assert_eq!(name.as_str(), &text);
            prop_assert!(RoomName::new(&name.folded()).is_ok());
        }
    }
}
