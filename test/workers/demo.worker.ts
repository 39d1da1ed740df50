// The demo as it is started in production.
import '../../apps/demo-api/src/main.js';
