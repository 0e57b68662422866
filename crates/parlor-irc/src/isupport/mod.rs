//! What the server tells about itself in 005.
//!
//! Rules: ASCII, at most thirteen tokens a line, at most one `=` in a token (clients split at every
//! `=`), and nothing that is not true.

use crate::limits;

/// The tokens, in lines of at most thirteen.
pub fn lines(network: &str, icon: Option<&str>) -> Vec<Vec<String>> {
    let tokens = tokens(network, icon);
    tokens.chunks(limits::ISUPPORT_TOKENS).map(<[String]>::to_vec).collect()
}

fn tokens(network: &str, icon: Option<&str>) -> Vec<String> {
    let limit = |name: &str, value: usize| format!("{name}={value}");
    let mut tokens = vec![
        limit("AWAYLEN", limits::AWAY_BYTES_MAX),
        "BOT=B".to_owned(),
        "CASEMAPPING=ascii".to_owned(),
        format!("CHANLIMIT=#:{}", limits::ROOMS_MAX),
        "ACCOUNTEXTBAN=account,a".to_owned(),
        "CHANMODES=b,,W,Limnt".to_owned(),
        "EXTBAN=~,am".to_owned(),
        format!("MAXLIST=b:{}", parlor_chat::limits::BANS_PER_ROOM),
        limit("CHANNELLEN", limits::ROOM_NAME_BYTES_MAX),
        "CHANTYPES=#".to_owned(),
        limit("CHATHISTORY", limits::CHATHISTORY_MAX),
        "CLIENTTAGDENY=*,-draft/react,-draft/reply,-draft/unreact,-react,-reply,-typing,-unreact"
            .to_owned(),
        "ELIST=MNU".to_owned(),
        limit("KICKLEN", limits::REASON_BYTES_MAX),
        limit("MODES", limits::MODE_CHANGES_MAX),
        limit("MONITOR", limits::MONITOR_MAX),
        "MSGREFTYPES=msgid,timestamp".to_owned(),
        limit("NAMELEN", limits::REALNAME_BYTES_MAX),
        limit("NICKLEN", limits::NICK_BYTES_MAX),
        "PREFIX=(ov)@+".to_owned(),
        "SAFELIST".to_owned(),
        format!(
            "TARGMAX=JOIN:{joined},KICK:1,LIST:{rooms},NAMES:{rooms},NOTICE:{m},PART:{joined},\
             PRIVMSG:{m},WHOIS:1",
            joined = limits::JOIN_TARGETS_MAX,
            rooms = limits::ROOM_TARGETS_MAX,
            m = limits::MESSAGE_TARGETS_MAX,
        ),
        limit("TOPICLEN", limits::TOPIC_BYTES_MAX),
        limit("USERLEN", limits::USER_BYTES_MAX),
        "UTF8ONLY".to_owned(),
        "WHOX".to_owned(),
    ];
    let network = plain(network);
    if !network.is_empty() {
        tokens.push(format!("NETWORK={network}"));
    }
    if let Some(icon) = icon.map(escaped).filter(|icon| !icon.is_empty()) {
        tokens.push(format!("draft/ICON={icon}"));
    }
    tokens.sort();
    tokens
}

/// The tokens that say where images are sent to, `page` being where browsers reach the page.
pub fn filehost(page: &str) -> Vec<String> {
    let address = escaped(&format!("{page}/api/v1/upload"));
    ["draft", "soju.im"].iter().map(|vendor| format!("{vendor}/FILEHOST={address}")).collect()
}

/// An address with nothing in it that could break a parser.
fn escaped(value: &str) -> String {
    let graphic = value.chars().filter(char::is_ascii_graphic).take(200);
    graphic
        .map(|c| match c {
            '=' => "\\x3D".to_owned(),
            '\\' => "\\x5C".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// The value with nothing in it that could break a parser.
fn plain(value: &str) -> String {
    value
        .chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '=' | '\\' | ':'))
        .take(limits::ROOM_NAME_BYTES_MAX)
        .collect()
}

#[cfg(test)]
mod tests;
