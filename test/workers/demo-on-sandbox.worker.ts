// The demo as `npm start` runs it.
import '../../apps/demo-api/src/start-with-sandbox.js';
