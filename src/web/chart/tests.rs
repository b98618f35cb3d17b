//! What a chart draws and says, word for word.

use askama::Template;
use scraper::{Html, Selector};

use super::part;
use crate::web::gallery::cast::charts;

fn drawn(at: usize) -> String {
    part("chart-1", "chart-t1-1", &charts()[at]).render().unwrap()
}

#[test]
fn averages_are_drawn_as_bars_against_the_pass_mark() {
    insta::assert_snapshot!("averages", drawn(0));
}

#[test]
fn a_trend_is_drawn_as_three_points_with_what_is_needed() {
    insta::assert_snapshot!("trend", drawn(1));
}

#[test]
fn a_distribution_is_drawn_as_columns() {
    insta::assert_snapshot!("distribution", drawn(2));
}

#[test]
fn every_number_stands_in_the_words_and_in_the_table_too() {
    for (at, chart) in charts().iter().enumerate() {
        let page = Html::parse_fragment(&drawn(at));
        let text = |css: &str| page.select(&Selector::parse(css).unwrap()).flat_map(|e| e.text()).collect::<String>();
        let (words, table) = (text("desc"), text("table"));
        let cells = chart.table().1.into_iter().flatten();
        for cell in cells.filter(|cell| cell.starts_with(|sign: char| sign.is_ascii_digit())) {
            assert!(words.contains(&cell), "{cell} is not in: {words}");
            assert!(table.contains(&cell), "{cell} is not in: {table}");
        }
    }
}

#[test]
fn nothing_is_told_by_colour_alone() {
    for at in [0, 2] {
        let page = Html::parse_fragment(&drawn(at));
        let below: Vec<_> = page.select(&Selector::parse("rect.below").unwrap()).collect();
        assert!(!below.is_empty());
        assert!(below.iter().all(|bar| bar.attr("fill").unwrap().starts_with("url(#")), "what is below is hatched");
        assert!(page.select(&Selector::parse("rect.above[fill]").unwrap()).next().is_none());
    }
}
