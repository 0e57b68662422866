//! What a subject looks like, in every chart: a colour by its class, and a shape.
//!
//! The colours stand in the page's style sheet, a set each for light and dark. They are apart in
//! lightness too, and the shapes say the same once more, so nothing rests on seeing colours.

/// The families that have a colour and a shape of their own; others are peers.
const FAMILIES: &[(&str, &str)] = &[
    ("blocking", "circle"),
    ("threads", "square"),
    ("pool", "diamond"),
    ("prefork", "up"),
    ("select", "down"),
    ("poll", "square"),
    ("epoll", "circle"),
    ("io_uring", "up"),
    ("tokio", "diamond"),
];

/// Classes for a family's strokes and fills.
pub(super) fn class(family: &str) -> String {
    if family.starts_with("floor:") {
        return "c-floor".to_owned();
    }
    match FAMILIES.iter().find(|(name, _)| *name == family) {
        Some((name, _)) => format!("c-{name}"),
        None => format!("c-peer-{}", family.bytes().map(usize::from).sum::<usize>() % 3),
    }
}

/// A marker of this family around a point.
pub(super) fn marker(family: &str, (x, y): (f64, f64)) -> String {
    let shape =
        FAMILIES.iter().find(|(name, _)| *name == family).map_or("cross", |(_, shape)| shape);
    let r = 3.6;
    match shape {
        "square" => {
            format!("M{:.1} {:.1}h{:.1}v{:.1}h-{:.1}z", x - r, y - r, 2.0 * r, 2.0 * r, 2.0 * r)
        }
        "diamond" => {
            let r = r * 1.3;
            format!("M{x:.1} {:.1}l{r:.1} {r:.1}l-{r:.1} {r:.1}l-{r:.1} -{r:.1}z", y - r)
        }
        "up" => {
            format!("M{x:.1} {:.1}l{:.1} {:.1}h-{:.1}z", y - r * 1.2, r * 1.2, r * 2.2, r * 2.4)
        }
        "down" => {
            format!("M{x:.1} {:.1}l-{:.1} -{:.1}h{:.1}z", y + r * 1.2, r * 1.2, r * 2.2, r * 2.4)
        }
        "cross" => format!(
            "M{:.1} {:.1}l{d:.1} {d:.1}m0 -{d:.1}l-{d:.1} {d:.1}",
            x - r,
            y - r,
            d = 2.0 * r
        ),
        _ => format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z", x - r, d = 2.0 * r),
    }
}

#[cfg(test)]
mod tests {
    use parlor_engine::Model;

    use super::*;

    #[test]
    fn every_model_has_a_colour_of_its_own() {
        let mut classes: Vec<String> = Model::NAMES.iter().map(|name| class(name)).collect();
        assert!(classes.iter().all(|class| !class.contains("peer")), "{classes:?}");
        classes.sort();
        classes.dedup();
        assert_eq!(classes.len(), Model::NAMES.len());
        let style = include_str!("../report/style.css");
        for class in classes {
            assert!(style.contains(&format!(".{class} ")), "the style sheet has no .{class}");
        }
    }
}
