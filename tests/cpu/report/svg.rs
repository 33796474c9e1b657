//! Reads back what an SVG file and a PNG file show. Places are in tenths of a pixel at scale 1.

/// The value of an attribute in a line of an SVG file.
fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let start = line
        .find(&format!(" {name}=\""))
        .expect("the attribute is there")
        + name.len()
        + 3;
    &line[start..start + line[start..].find('"').expect("a closing quote")]
}

pub fn number(line: &str, name: &str) -> f64 {
    attribute(line, name).parse().expect("a number")
}

/// Centres of the circles, in tenths of a pixel; the last is the legend's, where there is one.
pub fn circles(svg: &str) -> Vec<(f64, f64)> {
    let lines = svg.lines().filter(|line| line.starts_with("<circle"));
    lines
        .map(|line| (number(line, "cx"), number(line, "cy")))
        .collect()
}

/// Where a text is anchored, in tenths of a pixel.
pub fn place_of(svg: &str, text: &str) -> (f64, f64) {
    let lines: Vec<&str> = svg.lines().collect();
    let found = lines
        .windows(2)
        .find(|pair| pair[0].starts_with("<text") && pair[1] == text);
    let line = found.unwrap_or_else(|| panic!("no text {text:?} in the picture"))[0];
    (number(line, "x"), number(line, "y"))
}

pub fn texts(svg: &str) -> Vec<&str> {
    let lines: Vec<&str> = svg.lines().collect();
    let pairs = lines.windows(2).filter(|pair| pair[0].starts_with("<text"));
    pairs.map(|pair| pair[1]).collect()
}

/// Whether there is a legend, whose box lets a little through.
pub fn has_legend(svg: &str) -> bool {
    svg.contains("opacity=\"0.8\"")
}

/// Corners of the legend's box, in tenths of a pixel: least x, least y, greatest x, greatest y.
pub fn legend_box(svg: &str) -> (f64, f64, f64, f64) {
    let paper = |line: &&str| line.starts_with("<polygon") && line.contains("opacity=\"0.8\"");
    let line = svg.lines().find(paper).expect("the legend's box");
    let corners = attribute(line, "points").split_whitespace().map(|corner| {
        let (x, y) = corner.split_once(',').expect("a pair");
        (x.parse::<f64>().expect("x"), y.parse::<f64>().expect("y"))
    });
    corners.fold((f64::MAX, f64::MAX, 0.0, 0.0), |bounds, (x, y)| {
        (
            bounds.0.min(x),
            bounds.1.min(y),
            bounds.2.max(x),
            bounds.3.max(y),
        )
    })
}

pub fn decoded(png: &[u8]) -> image::RgbImage {
    let picture = image::load_from_memory_with_format(png, image::ImageFormat::Png);
    picture.expect("a PNG file").to_rgb8()
}

/// The pixel of a picture at scale 2 that holds a place given in tenths of a pixel.
pub fn pixel_at(picture: &image::RgbImage, (x, y): (f64, f64)) -> [u8; 3] {
    picture.get_pixel((x / 5.0) as u32, (y / 5.0) as u32).0
}
