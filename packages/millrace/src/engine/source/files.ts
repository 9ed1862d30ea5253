import { discoverFiles, FilesCapture, inspectFiles } from '@millrace/capture'
import type { FilesSource } from '@millrace/core'
import type { SourceKind } from './source-kind.ts'

export const filesKind: SourceKind<FilesSource> = {
  label: 'files',
  discover: (place) => discoverFiles(place, place.known),
  stage: (context) => new FilesCapture(context),
  examine: inspectFiles,
}
