export { contours } from "d3-contour";
export { format } from "d3-format";
export { interpolateRgbBasis } from "d3-interpolate";
export { scaleLinear, scaleLog } from "d3-scale";
export { line } from "d3-shape";
