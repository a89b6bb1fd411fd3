//! Where pop-ups stand: in the chosen corner of the work area, one beside the other, never off the screen.
//! All in physical pixels.

use serde::{Deserialize, Serialize};
use timbre_domain::preferences::Corner;

/// A rectangle on the desktop; on several screens its corner may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rect {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Rect {
    fn right(self) -> i32 {
        self.x + self.width
    }

    fn bottom(self) -> i32 {
        self.y + self.height
    }

    fn meets(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// The place of one more pop-up of this size: as near to the corner as there is room beyond those `taken`, else in the
/// next column; where the whole work area is full, over the corner. A size larger than the work area is cut to it.
/// Windows that stand already never move: the agent may be about to click.
#[must_use]
pub fn place(area: Rect, taken: &[Rect], width: i32, height: i32, gap: i32, corner: Corner) -> Rect {
    // All corners are the bottom right one in a mirror.
    let taken: Vec<Rect> = taken.iter().map(|window| mirrored(area, *window, corner)).collect();
    mirrored(area, place_bottom_right(area, &taken, width, height, gap), corner)
}

/// A window that stands and needs another size now: the edges at the corner stay, the others move; it never grows off
/// the work area.
#[must_use]
pub fn grown(area: Rect, stands: Rect, width: i32, height: i32, corner: Corner) -> Rect {
    let stands = mirrored(area, stands, corner);
    let (right, bottom) = (stands.right(), stands.bottom());
    let (width, height) = (width.min(right - area.x).max(1), height.min(bottom - area.y).max(1));
    mirrored(area, Rect { x: right - width, y: bottom - height, width, height }, corner)
}

fn mirrored(area: Rect, window: Rect, corner: Corner) -> Rect {
    let (left, top) = match corner {
        Corner::BottomRight => (false, false),
        Corner::BottomLeft => (true, false),
        Corner::TopRight => (false, true),
        Corner::TopLeft => (true, true),
    };
    let x = if left { area.x + area.right() - window.right() } else { window.x };
    let y = if top { area.y + area.bottom() - window.bottom() } else { window.y };
    Rect { x, y, ..window }
}

fn place_bottom_right(area: Rect, taken: &[Rect], width: i32, height: i32, gap: i32) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    let at = |x: i32, y: i32| Rect { x: x.max(area.x), y: y.max(area.y), width, height };
    let corner = at(area.right() - gap - width, area.bottom() - gap - height);

    let mut spot = corner;
    loop {
        match taken.iter().filter(|window| window.meets(spot)).map(|window| window.y).min() {
            None => return spot,
            Some(top) if top - gap - height >= area.y => spot.y = top - gap - height,
            Some(_) => {
                spot = Rect { x: spot.x - gap - width, y: corner.y, ..spot };
                if spot.x < area.x {
                    return corner;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use Corner::{BottomLeft, BottomRight, TopLeft, TopRight};

    use super::*;

    const AREA: Rect = Rect { x: 0, y: 0, width: 1280, height: 760 };

    #[test]
    fn the_first_stands_in_the_corner_of_the_work_area() {
        assert_eq!(place(AREA, &[], 400, 200, 16, BottomRight), Rect { x: 864, y: 544, width: 400, height: 200 });
        let second_screen = Rect { x: -1920, y: -200, width: 1920, height: 1040 };
        assert_eq!(
            place(second_screen, &[], 400, 200, 16, BottomRight),
            Rect { x: -416, y: 624, width: 400, height: 200 }
        );
    }

    #[test]
    fn the_next_stand_above_it_then_to_the_left_and_none_meets_another() {
        let mut taken = Vec::new();
        for height in [200, 300, 200, 560, 300] {
            let spot = place(AREA, &taken, 400, height, 16, BottomRight);
            assert!(taken.iter().all(|other| !spot.meets(*other)), "{spot:?} {taken:?}");
            assert!(spot.x >= 0 && spot.y >= 0 && spot.right() <= 1280 && spot.bottom() <= 760, "{spot:?}");
            taken.push(spot);
        }
        assert_eq!(taken[1].y, 544 - 16 - 300);
        assert_eq!(taken[2].y, 12);
        assert_eq!(taken[3].x, 864 - 16 - 400);
    }

    #[test]
    fn a_gap_that_became_free_below_is_used_again() {
        let above = Rect { x: 864, y: 200, width: 400, height: 300 };
        assert_eq!(place(AREA, &[above], 400, 200, 16, BottomRight).y, 544);
    }

    #[test]
    fn nothing_is_ever_off_the_screen() {
        let small = Rect { x: 10, y: 20, width: 300, height: 150 };
        assert_eq!(place(small, &[], 400, 560, 16, BottomRight), small);
        let full = [Rect { x: 0, y: 0, width: 1280, height: 760 }];
        assert_eq!(place(AREA, &full, 400, 200, 16, BottomRight), Rect { x: 864, y: 544, width: 400, height: 200 });
    }

    #[test]
    fn each_corner_is_a_mirror_of_the_others() {
        let spots = [TopLeft, TopRight, BottomLeft].map(|corner| place(AREA, &[], 400, 200, 16, corner));
        assert_eq!(spots.map(|spot| (spot.x, spot.y)), [(16, 16), (864, 16), (16, 544)]);
        let below = place(AREA, &spots, 400, 300, 16, TopRight);
        assert_eq!((below.x, below.y), (864, 232), "below the one that stands in that corner");
    }

    #[test]
    fn a_window_grows_away_from_its_corner_and_not_off_the_screen() {
        let stands = place(AREA, &[], 400, 200, 16, BottomRight);
        assert_eq!(grown(AREA, stands, 400, 300, BottomRight), Rect { y: 444, height: 300, ..stands });
        assert_eq!(grown(AREA, stands, 400, 9_000, BottomRight), Rect { y: 0, height: 744, ..stands });
        assert_eq!(
            grown(AREA, stands, 9_000, 300, BottomRight),
            Rect { x: 0, y: 444, width: 1264, height: 300 },
            "nor over its side"
        );
        let stands = place(AREA, &[], 400, 200, 16, TopLeft);
        assert_eq!(grown(AREA, stands, 400, 300, TopLeft), Rect { height: 300, ..stands });
        assert_eq!(grown(AREA, stands, 600, 300, TopLeft), Rect { width: 600, height: 300, ..stands });
    }
}
