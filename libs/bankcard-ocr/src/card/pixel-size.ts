/** The size of a picture as it is stored, in pixels; a JPEG's note that it is to be turned (EXIF orientation) is ignored. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}
