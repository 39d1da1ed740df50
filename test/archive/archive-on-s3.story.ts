import './archive.story.js';
import { archivePlace, startBucket } from './evidence-places.js';

// The same cases, in a bucket: they ask for their place when they run.
archivePlace.start = async () => startBucket({ pageSize: 2 });
