//! Names at the ends of lines, moved apart so that none covers another.

/// Where to put labels that would like to stand at these heights, in a column from top to bottom.
/// Their order stays, and none is nearer to the next than `gap`, as long as there is room at all.
pub(super) fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let gap =
        if wanted.len() > 1 { gap.min((bottom - top) / (wanted.len() - 1) as f64) } else { gap };
    let mut places: Vec<f64> = order.iter().map(|at| wanted[*at].clamp(top, bottom)).collect();
    // Down the column each makes room below the one before, then up again from the bottom.
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + gap);
    }
    let mut limit = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
    let mut result = vec![0.0; wanted.len()];
    for (place, at) in places.into_iter().zip(order) {
        result[at] = place;
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_never_cover_each_other_nor_leave_the_chart(
            wanted in proptest::collection::vec(0.0_f64..400.0, 0..14),
        ) {
            let places = spread(&wanted, 13.0, 10.0, 250.0);
            let mut sorted = places.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assert!(sorted.windows(2).all(|two| two[1] - two[0] > 12.99));
            prop_assert!(places.iter().all(|place| (9.99..=250.01).contains(place)));
            for (a, b) in (0..wanted.len()).flat_map(|a| (0..wanted.len()).map(move |b| (a, b))) {
                if wanted[a].clamp(10.0, 250.0) < wanted[b].clamp(10.0, 250.0) {
                    prop_assert!(places[a] <= places[b]);
                }
            }
        }
    }
}
