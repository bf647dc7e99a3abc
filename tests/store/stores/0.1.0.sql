BEGIN TRANSACTION;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO setting VALUES('origin','congkhai/H13/c7dcf181755c');
INSERT INTO setting VALUES('packed_to','10');
INSERT INTO setting VALUES('store','c7dcf181755c');
CREATE TABLE payload (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  encoding INTEGER NOT NULL,
  size INTEGER NOT NULL,
  run INTEGER NOT NULL,
  forgotten INTEGER,
  bytes BLOB);
INSERT INTO payload VALUES(1,X'9e69e6d9eeaf33d355690e18240ef7ed03fd858baa5e1904d0f684da97bcb15d',3,0,528,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f646573223a7b227374617475736573223a22636f6465732e637376227d2c226c616e6775616765223a22656e222c22706f7274616c223a7b22647269766572223a2272657374222c22696e5f666c69676874223a2234222c227265747279223a7b22617474656d707473223a2234222c226669727374223a2232306d73222c226d6f7374223a223230306d73227d2c2274696d656f7574223a223573222c2275726c223a22687474703a2f2f3132372e302e302e313a33343231312f7631227d2c22726574656e74696f6e223a7b22736f757263655f6279746573223a223164227d2c22736f7572636573223a5b7b226665746368223a7b22666f6c646572223a22696e626f78222c226d61746368223a222a2e6a736f6e227d2c22666f726d6174223a226a736f6e222c226b6579223a222f636f6465222c226c697374696e67223a2266756c6c222c226d6170223a7b22636f6465223a222f636f6465222c226b696e64223a222f6b696e64222c226e616d65223a222f6e616d65222c226e6f746573223a222f6e6f746573222c22737461747573223a222f737461747573227d2c226e616d65223a226f6e65227d5d2c2273746f7265223a2273746174652f636f6e676b6861692e6462227d');
INSERT INTO payload VALUES(2,X'9638095d4653bda69fdeebbad8bdc85f03cada4f6ceb9be0fcf4f8bbe5687e3c',3,0,105,1,NULL,X'7b22636f646573223a7b227374617475736573223a5b5b22616e6e6f756e636564222c22616e6e6f756e636564225d2c5b226472616674222c226472616674225d2c5b2261626f6c6973686564222c2261626f6c6973686564225d5d7d2c2272756c6573223a7b7d7d');
INSERT INTO payload VALUES(3,X'0ab0388d6b0ef846df3b2f1c55942834d1250500f3a312d464269826861b70de',0,0,73,1,NULL,X'7b22636f6465223a2022312e303030303031222c20226e616d65223a202243e1baa570206769e1baa579207068c3a970222c2022737461747573223a2022616e6e6f756e636564227d');
INSERT INTO payload VALUES(4,X'527d23a16991a98b4ff16ec872499ec4275fbcee0809fe6de280fec6fba1b89e',0,0,77,1,NULL,X'7b22636f6465223a2022312e303030303032222c20226e616d65223a20224769612068e1baa16e206769e1baa579207068c3a970222c2022737461747573223a2022616e6e6f756e636564227d');
INSERT INTO payload VALUES(5,X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',0,1,1080,1,NULL,X'789cedd3b10e82400c06e057693a13a37163540727277d80e320dc452997700c84f010c6894d06631c78016e24e13dfa26e64c8c6fe044b7a6dfdf4ead51a409c90ac31a651e2718e27eb5c6004964be396d0e3bb06abc9302a3d85d61cbc393e0a8a60e9be09b592d96be7cf0ac29c6104d195db4fc2d3aaa1214bb9b8654f3f0a8c0a8f165fc3cb74981211ed8b5e643a0983ab03c741a2276adbf3bf40419bbd68264d78b05cc7ad6b3fe83c6000b2b6ce95f5410e525c924c6e60deb771730');
INSERT INTO payload VALUES(6,X'97ac59dcb1c55187bb8ed0675f4dd38fb085dce66ccf88ed09609f9f64ef3a2e',0,0,70,1,NULL,X'7b22636f6465223a2022312e303030303034222c20226e616d65223a202244e1bbb1207468e1baa36f222c2022737461747573223a20226e6f7468696e67206b6e6f776e227d');
INSERT INTO payload VALUES(7,X'46b6bbf5a61ca43bdecd4fbc4c8923ed31f9e23c4594570ac0bbed1d5f3d994a',0,0,0,1,NULL,X'');
INSERT INTO payload VALUES(8,X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',1,0,146,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303031222c226b696e64223a227075626c6963222c226e616d65223a2243e1baa570206769e1baa579207068c3a970222c22737461747573223a22616e6e6f756e636564227d');
INSERT INTO payload VALUES(9,X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',1,0,150,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303032222c226b696e64223a227075626c6963222c226e616d65223a224769612068e1baa16e206769e1baa579207068c3a970222c22737461747573223a22616e6e6f756e636564227d');
INSERT INTO payload VALUES(10,X'09573621a5c6ee4904fa63d725f9a215eb007fc7c6b607772512672e58c12480',1,0,118,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303034222c226b696e64223a227075626c6963222c226e616d65223a2244e1bbb1207468e1baa36f227d');
INSERT INTO payload VALUES(11,X'df3134a731ff58f1e457fe3b9c0399a6513bfadc2902349afeb1cc96c1c12c62',0,0,85,2,NULL,X'7b22636f6465223a2022312e303030303032222c20226e616d65223a20224769612068e1baa16e206769e1baa579207068c3a970202873e1bbad6129222c2022737461747573223a2022616e6e6f756e636564227d');
INSERT INTO payload VALUES(12,X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',1,0,158,2,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303032222c226b696e64223a227075626c6963222c226e616d65223a224769612068e1baa16e206769e1baa579207068c3a970202873e1bbad6129222c22737461747573223a22616e6e6f756e636564227d');
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  run INTEGER NOT NULL,
  event TEXT NOT NULL,
  source TEXT,
  code TEXT,
  digest BLOB,
  actor TEXT,
  detail TEXT NOT NULL,
  hash BLOB NOT NULL);
INSERT INTO ledger VALUES(1,'2026-11-28T23:39:45.589Z',1,'run-started',NULL,NULL,NULL,'root','{"command":"run","config_digest":"9e69e6d9eeaf33d355690e18240ef7ed03fd858baa5e1904d0f684da97bcb15d","host":"vm","rules_digest":"9638095d4653bda69fdeebbad8bdc85f03cada4f6ceb9be0fcf4f8bbe5687e3c","version":"0.1.0"}',X'c64751189508c0f14022004fd8fad11d1362e61fde1342eda331c7609f65d3f5');
INSERT INTO ledger VALUES(2,'2026-11-28T23:39:45.594Z',1,'listed','one',NULL,NULL,NULL,'{"changed":5,"missing":0,"returned":0,"seen":5,"whole":true}',X'73766f8e74002f63ac7827abde55a53e99d1f9a74c11a351ce221d996d36d101');
INSERT INTO ledger VALUES(3,'2026-11-28T23:39:45.595Z',1,'accepted','one','1.000001',X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',NULL,'{"key":"1.000001","locator":"inbox/1.json","source_digest":"0ab0388d6b0ef846df3b2f1c55942834d1250500f3a312d464269826861b70de"}',X'4ef8e14a5075687d8e4f9330b0896d9177a0187a486fd3ab97cf89301d347e17');
INSERT INTO ledger VALUES(4,'2026-11-28T23:39:45.595Z',1,'accepted','one','1.000002',X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',NULL,'{"key":"1.000002","locator":"inbox/2.json","source_digest":"527d23a16991a98b4ff16ec872499ec4275fbcee0809fe6de280fec6fba1b89e"}',X'de319b60d8c9af1f3706f571a858e6b5eabbb116fbc440938288357847e3b66c');
INSERT INTO ledger VALUES(5,'2026-11-28T23:39:45.595Z',1,'accepted','one','1.000003',X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',NULL,'{"key":"1.000003","locator":"inbox/3.json","source_digest":"1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd"}',X'8f252fc1ddebce20f6f01547e416cf20a93734d354b3fcead83fd23f1d6fdb8d');
INSERT INTO ledger VALUES(6,'2026-11-28T23:39:45.595Z',1,'rejected','one','1.000004',X'09573621a5c6ee4904fa63d725f9a215eb007fc7c6b607772512672e58c12480',NULL,'{"findings":[{"field":"status","message":"This must be one of draft, announced, abolished (see \"codes\" in the map)","rule":"congkhai/choice","severity":"error","value":"nothing known"}],"key":"1.000004","locator":"inbox/4.json","source_digest":"97ac59dcb1c55187bb8ed0675f4dd38fb085dce66ccf88ed09609f9f64ef3a2e"}',X'452d30c7897018a155c0537e78704c4763c342f197f6eb8a73aa3fc86852e9d2');
INSERT INTO ledger VALUES(7,'2026-11-28T23:39:45.595Z',1,'rejected','one',NULL,NULL,NULL,'{"findings":[{"message":"the document is empty","rule":"congkhai/decode","severity":"error"}],"key":"@inbox/5.json","locator":"inbox/5.json","source_digest":"46b6bbf5a61ca43bdecd4fbc4c8923ed31f9e23c4594570ac0bbed1d5f3d994a"}',X'4e2756c8bc01b8c939eb9d0b25fe2a5253c0f7a260494b1a7c1a1bdbaa9bfc0f');
INSERT INTO ledger VALUES(8,'2026-11-28T23:39:45.596Z',1,'intended',NULL,'1.000001',X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',NULL,'{"action":"publish","key":"congkhai-c7dcf181755c-8-7c5e122a20150728"}',X'c15339828f47d848cd779bb7a683ae56601dfd971287f687df25d8841211a2fe');
INSERT INTO ledger VALUES(9,'2026-11-28T23:39:45.596Z',1,'intended',NULL,'1.000002',X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',NULL,'{"action":"publish","key":"congkhai-c7dcf181755c-9-664062c7ba7b1fb6"}',X'321e87b456ae3662f3f6fe3f2357ee6e1c16fa43011a334d9910a082d7542d24');
INSERT INTO ledger VALUES(10,'2026-11-28T23:39:45.596Z',1,'intended',NULL,'1.000003',X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',NULL,'{"action":"publish","key":"congkhai-c7dcf181755c-10-158e628b12b61163"}',X'83e884c67867a02fe42b720acfbf96e6aa45737ed495707dba81594be1030cb6');
INSERT INTO ledger VALUES(11,'2026-11-28T23:39:45.599Z',1,'published',NULL,'1.000001',X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',NULL,'{"action":"publish","answer_digest":"d7b803481c4cda6899e526f4f83b4ec20b969ab9cbebdcf2bbe105746599a488","attempt":1,"etag":"\"1\"","key":"congkhai-c7dcf181755c-8-7c5e122a20150728","started_at":"2026-11-28T23:39:45.596Z","status":201,"version":"1"}',X'514bf0e9bd97d6011125f369e97ec7fecdba99360c11532dfc786a766141a34c');
INSERT INTO ledger VALUES(12,'2026-11-28T23:39:45.599Z',1,'published',NULL,'1.000002',X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',NULL,'{"action":"publish","answer_digest":"6b7259364349be22fa84c15487c95e60166aab1aa849dbf9b9ff56225b87e37d","attempt":1,"etag":"\"1\"","key":"congkhai-c7dcf181755c-9-664062c7ba7b1fb6","started_at":"2026-11-28T23:39:45.596Z","status":201,"version":"1"}',X'6896f4964469a66033e8856e2dcb9c0ee214656524808399519b8646c11f80ca');
INSERT INTO ledger VALUES(13,'2026-11-28T23:39:45.599Z',1,'published',NULL,'1.000003',X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',NULL,'{"action":"publish","answer_digest":"b265e4e93b93adc5e82a1df70dea6efd514aba346f0fd07a64f82f3c53f9e4a7","attempt":1,"etag":"\"1\"","key":"congkhai-c7dcf181755c-10-158e628b12b61163","started_at":"2026-11-28T23:39:45.596Z","status":201,"version":"1"}',X'ee41b517a78882d51b5618f8a8118a3a732922e9cb0891c57572c09fac01bd01');
INSERT INTO ledger VALUES(14,'2026-11-28T23:39:45.604Z',1,'run-finished',NULL,NULL,NULL,NULL,'{"accepted":3,"changed":5,"conflict":0,"exit_code":1,"failed":0,"held":0,"missing":0,"pending":0,"published":3,"refused":0,"rejected":2,"seen":5,"sent":3,"unknown":0,"withdrawn":0}',X'f4063d4287d45c8658fc8ab484f6b315447a772777939e875a88ae23dba38de8');
INSERT INTO ledger VALUES(15,'2026-11-28T23:39:45.677Z',2,'run-started',NULL,NULL,NULL,'root','{"command":"run","config_digest":"9e69e6d9eeaf33d355690e18240ef7ed03fd858baa5e1904d0f684da97bcb15d","host":"vm","rules_digest":"9638095d4653bda69fdeebbad8bdc85f03cada4f6ceb9be0fcf4f8bbe5687e3c","version":"0.1.0"}',X'35aad4b8593d2ee56b4e97818a88f9eb769ede706213b88cf5495cfa2e3ac455');
INSERT INTO ledger VALUES(16,'2026-11-28T23:39:45.746Z',2,'missing','one','1.000001',NULL,NULL,'{"key":"1.000001"}',X'c5ccc18b047253a5eab4c2717eb2b2ede5497f459074a3faf42f55271fc5ee18');
INSERT INTO ledger VALUES(17,'2026-11-28T23:39:45.746Z',2,'listed','one',NULL,NULL,NULL,'{"changed":1,"missing":1,"returned":0,"seen":4,"whole":true}',X'9b3700c46a0028ba07a8d6f82b1ab616d1518b76d01a143d83ebca176cd72a83');
INSERT INTO ledger VALUES(18,'2026-11-28T23:39:45.747Z',2,'accepted','one','1.000002',X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',NULL,'{"key":"1.000002","locator":"inbox/2.json","source_digest":"df3134a731ff58f1e457fe3b9c0399a6513bfadc2902349afeb1cc96c1c12c62"}',X'7122da7bf980ca7a08b27abcc42bff2812ae6288b074acf5b4095372e118cf32');
INSERT INTO ledger VALUES(19,'2026-11-28T23:39:45.748Z',2,'intended',NULL,'1.000002',X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',NULL,'{"action":"publish","base":"\"1\"","key":"congkhai-c7dcf181755c-19-1c438fc1715a39d6"}',X'101a143576e8a2e1030f5df2bd969876a16909c500cfc5d2d2bfb1c9f08d4770');
INSERT INTO ledger VALUES(20,'2026-11-28T23:39:45.749Z',2,'published',NULL,'1.000002',X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',NULL,'{"action":"publish","answer_digest":"c6aa8b4ff352c1c885aa6f4e23a769b6fed925f91373f8a9a8adb44c5696fd7e","attempt":1,"base":"\"1\"","etag":"\"2\"","key":"congkhai-c7dcf181755c-19-1c438fc1715a39d6","started_at":"2026-11-28T23:39:45.749Z","status":200,"version":"2"}',X'1089346490a2691a06bad56e04b87fec7e35f1511a62b230f027145f793f851b');
INSERT INTO ledger VALUES(21,'2026-11-28T23:39:45.754Z',2,'run-finished',NULL,NULL,NULL,NULL,'{"accepted":1,"changed":1,"conflict":0,"exit_code":1,"failed":0,"held":0,"missing":1,"pending":0,"published":1,"refused":0,"rejected":0,"seen":4,"sent":1,"unknown":0,"withdrawn":0}',X'bc9f2e9926ced272c5eca6b3c3a32fd49bc2afe0c3d44357a9df912c78f527e2');
CREATE TABLE tree (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, frontier BLOB NOT NULL);
INSERT INTO tree VALUES(1,21,X'0000000000000015522f0e8bd89f860cd4e102d1434dbc81d4d48ee2b7732f984c5afadea89d8bff58bcabd5fdf005cb56d8144682ac4386fd377ae6e41c329a295b77b60b1b9bf0bc9f2e9926ced272c5eca6b3c3a32fd49bc2afe0c3d44357a9df912c78f527e2');
CREATE TABLE checkpoint (run INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, frontier BLOB NOT NULL,
  note TEXT NOT NULL);
INSERT INTO checkpoint VALUES(1,14,X'a58682d69090454b1f95b6601782c34181e9839230afcc65516ce63b09b4fb43',X'000000000000000e59d026f0481f94d33faa89a6c34ea1cf890e156f295d553f799f461e96363f0e3eb417c2ab41d996d2ad6708995ce561082bc2fc81f56735e2ffbf1d6309c988591f13aba7340469ceb4e869f653c909f1c422925bc54e23e439697288a698c7',replace('congkhai/H13/c7dcf181755c\n14\npYaC1pCQRUsflbZgF4LDQYHpg5Iwr8xlUWzmOwm0+0M=\n','\n',char(10)));
INSERT INTO checkpoint VALUES(2,21,X'2d9463b67edd0333744ac9e7a9e065d267f440d10b42a17d0c5dba61d41f2b8d',X'0000000000000015522f0e8bd89f860cd4e102d1434dbc81d4d48ee2b7732f984c5afadea89d8bff58bcabd5fdf005cb56d8144682ac4386fd377ae6e41c329a295b77b60b1b9bf0bc9f2e9926ced272c5eca6b3c3a32fd49bc2afe0c3d44357a9df912c78f527e2',replace('congkhai/H13/c7dcf181755c\n21\nLZRjtn7dAzN0SsnnqeBl0mf0QNELQqF9DF26YdQfK40=\n','\n',char(10)));
CREATE TABLE recipe (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);
INSERT INTO recipe VALUES(1,X'01f902e731a6682b6453b3b17b5a4b75158536aff0ecd1e977ee888522b04f83');
INSERT INTO recipe VALUES(2,X'080a9ed428559ef602668b4c00f114f1a11c3f6b02a435f0bdc154578e4d7f22');
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, complete_run INTEGER,
  usual INTEGER);
INSERT INTO source VALUES(1,'one',NULL,4);
CREATE TABLE source_state (source INTEGER PRIMARY KEY REFERENCES source (id), state BLOB NOT NULL);
CREATE TABLE record (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES source (id),
  key TEXT NOT NULL,
  locator TEXT NOT NULL,
  source_digest BLOB NOT NULL,
  payload INTEGER NOT NULL,
  context INTEGER,
  fault TEXT,
  present INTEGER NOT NULL DEFAULT 1,
  work INTEGER NOT NULL DEFAULT 1,
  mapped_by INTEGER, checked_by INTEGER,
  code TEXT, content INTEGER, status TEXT,
  watched TEXT,
  outcome TEXT);
INSERT INTO record VALUES(1,1,'1.000001','inbox/1.json',X'0ab0388d6b0ef846df3b2f1c55942834d1250500f3a312d464269826861b70de',3,NULL,NULL,0,0,1,2,'1.000001',8,'announced',NULL,'accepted');
INSERT INTO record VALUES(2,1,'1.000002','inbox/2.json',X'df3134a731ff58f1e457fe3b9c0399a6513bfadc2902349afeb1cc96c1c12c62',11,NULL,NULL,1,0,1,2,'1.000002',12,'announced',NULL,'accepted');
INSERT INTO record VALUES(3,1,'1.000003','inbox/3.json',X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',5,NULL,NULL,1,0,1,2,'1.000003',5,'announced',NULL,'accepted');
INSERT INTO record VALUES(4,1,'1.000004','inbox/4.json',X'97ac59dcb1c55187bb8ed0675f4dd38fb085dce66ccf88ed09609f9f64ef3a2e',6,NULL,NULL,1,0,1,2,'1.000004',10,NULL,NULL,'rejected');
INSERT INTO record VALUES(5,1,'@inbox/5.json','inbox/5.json',X'46b6bbf5a61ca43bdecd4fbc4c8923ed31f9e23c4594570ac0bbed1d5f3d994a',7,NULL,'the document is empty',1,0,1,2,NULL,NULL,NULL,NULL,'rejected');
CREATE TABLE superseded (payload INTEGER PRIMARY KEY, run INTEGER NOT NULL);
INSERT INTO superseded VALUES(3,2);
INSERT INTO superseded VALUES(4,2);
CREATE TABLE finding (
  record INTEGER NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL, field TEXT, value TEXT,
  message TEXT NOT NULL, cites TEXT, since_run INTEGER NOT NULL, stage INTEGER NOT NULL);
INSERT INTO finding VALUES(4,'congkhai/choice','error','status','nothing known','This must be one of draft, announced, abolished (see "codes" in the map)',NULL,1,1);
INSERT INTO finding VALUES(5,'congkhai/decode','error',NULL,NULL,'the document is empty',NULL,1,1);
CREATE TABLE deadline (record INTEGER NOT NULL, rule TEXT NOT NULL, due TEXT NOT NULL,
  PRIMARY KEY (record, rule)) WITHOUT ROWID;
CREATE TABLE procedure_state (
  code TEXT PRIMARY KEY,
  record INTEGER,
  wanted_action TEXT, wanted_content INTEGER, wanted_digest BLOB, wanted_run INTEGER,
  held_status TEXT, held_content INTEGER, held_digest BLOB, held_version TEXT, held_etag TEXT,
  held_run INTEGER, held_at TEXT,
  state TEXT NOT NULL DEFAULT 'idle',
  intent_key TEXT, intent_action TEXT, intent_content INTEGER, intent_digest BLOB, intent_base TEXT,
  intent_run INTEGER, intent_seq INTEGER, attempts INTEGER NOT NULL DEFAULT 0, words TEXT,
  ordered INTEGER, dismissed BLOB, overwrite TEXT) WITHOUT ROWID;
INSERT INTO procedure_state VALUES('1.000001',1,NULL,NULL,NULL,NULL,'published',8,X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1','1','"1"',1,'2026-11-28T23:39:45.599Z','idle',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO procedure_state VALUES('1.000002',2,NULL,NULL,NULL,NULL,'published',12,X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48','2','"2"',2,'2026-11-28T23:39:45.749Z','idle',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO procedure_state VALUES('1.000003',3,NULL,NULL,NULL,NULL,'published',5,X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd','1','"1"',1,'2026-11-28T23:39:45.599Z','idle',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE portal_listing (code TEXT PRIMARY KEY, version TEXT, digest BLOB, status TEXT, verdict TEXT)
  WITHOUT ROWID;
CREATE INDEX ledger_run ON ledger (run, event);
CREATE INDEX ledger_started ON ledger (run) WHERE event = 'run-started';
CREATE INDEX ledger_code ON ledger (code) WHERE code IS NOT NULL;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE UNIQUE INDEX record_key ON record (source, key);
CREATE INDEX record_digest ON record (source_digest);
CREATE INDEX record_code ON record (code) WHERE code IS NOT NULL;
CREATE INDEX record_work ON record (work, source) WHERE work > 0;
CREATE INDEX record_kept ON record (outcome) WHERE outcome IN ('rejected', 'held');
CREATE TRIGGER record_superseded AFTER UPDATE OF payload ON record WHEN old.payload <> new.payload BEGIN
  INSERT OR REPLACE INTO superseded (payload, run) VALUES (old.payload, (SELECT max(run) FROM ledger)); END;
CREATE TRIGGER record_missing AFTER UPDATE OF present ON record WHEN old.present = 1 AND new.present = 0 BEGIN
  INSERT OR REPLACE INTO superseded (payload, run) VALUES (old.payload, (SELECT max(run) FROM ledger)); END;
CREATE INDEX finding_record ON finding (record);
CREATE INDEX finding_rule ON finding (rule, severity);
CREATE INDEX procedure_state_open ON procedure_state (state) WHERE state <> 'idle';
CREATE INDEX procedure_state_pending ON procedure_state (code) WHERE wanted_action IS NOT NULL;
CREATE INDEX ledger_reconciled ON ledger (seq) WHERE event = 'reconciled';
CREATE VIEW audit_runs AS SELECT s.run,
  s.at AS started_at, f.at AS finished_at,
  json_extract(s.detail, '$.command') AS command, s.actor AS operator,
  json_extract(s.detail, '$.host') AS host, json_extract(s.detail, '$.version') AS version,
  json_extract(s.detail, '$.config_digest') AS config_digest,
  json_extract(s.detail, '$.rules_digest') AS rules_digest,
  json_extract(f.detail, '$.exit_code') AS exit_code,
  coalesce(json_extract(f.detail, '$.seen'),
    (SELECT coalesce(sum(json_extract(e.detail, '$.seen')), 0) FROM ledger e
     WHERE e.run = s.run AND e.event = 'listed')) AS seen,
  coalesce(json_extract(f.detail, '$.changed'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event IN ('accepted', 'rejected', 'held'))) AS changed,
  coalesce(json_extract(f.detail, '$.accepted'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'accepted')) AS accepted,
  coalesce(json_extract(f.detail, '$.rejected'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'rejected')) AS rejected,
  coalesce(json_extract(f.detail, '$.held'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'held')) AS held,
  coalesce(json_extract(f.detail, '$.sent'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event IN
      ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed') AND json_extract(e.detail, '$.adopted') IS NULL) + (SELECT count(*) FROM ledger i WHERE i.run = s.run AND i.event = 'intended' AND NOT EXISTS
   (SELECT 1 FROM ledger a WHERE a.code = i.code AND a.run = i.run AND a.seq > i.seq AND a.event IN
     ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed', 'recalled')))) AS sent,
  coalesce(json_extract(f.detail, '$.published'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'published' AND json_extract(e.detail, '$.adopted') IS NULL)) AS published,
  coalesce(json_extract(f.detail, '$.refused'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'refused')) AS refused,
  coalesce(json_extract(f.detail, '$.conflict'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'conflict')) AS conflict,
  coalesce(json_extract(f.detail, '$.unknown'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'unknown') + (SELECT count(*) FROM ledger i WHERE i.run = s.run AND i.event = 'intended' AND NOT EXISTS
   (SELECT 1 FROM ledger a WHERE a.code = i.code AND a.run = i.run AND a.seq > i.seq AND a.event IN
     ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed', 'recalled')))) AS unknown,
  coalesce(json_extract(f.detail, '$.failed'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'failed')) AS failed,
  coalesce(json_extract(f.detail, '$.withdrawn'),
    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'withdrawn' AND json_extract(e.detail, '$.adopted') IS NULL)) AS withdrawn,
  coalesce(json_extract(f.detail, '$.missing'),
    (SELECT coalesce(sum(json_extract(e.detail, '$.missing')), 0) FROM ledger e
     WHERE e.run = s.run AND e.event = 'listed')) AS missing
FROM ledger s LEFT JOIN ledger f ON f.run = s.run AND f.event = 'run-finished'
WHERE s.event = 'run-started';
CREATE VIEW audit_records AS SELECT run, source, json_extract(detail, '$.key') AS source_key, code,
  json_extract(detail, '$.locator') AS locator, json_extract(detail, '$.source_digest') AS source_digest,
  CASE WHEN digest IS NOT NULL THEN lower(hex(digest)) END AS content_digest, event AS outcome
FROM ledger WHERE event IN ('accepted', 'rejected', 'held');
CREATE VIEW audit_rejections AS SELECT e.run, e.source, json_extract(e.detail, '$.key') AS source_key, e.code,
  json_extract(j.value, '$.rule') AS rule, json_extract(j.value, '$.severity') AS severity,
  json_extract(j.value, '$.field') AS field, json_extract(j.value, '$.value') AS value,
  json_extract(j.value, '$.message') AS message, json_extract(j.value, '$.cites') AS cites
FROM ledger e, json_each(e.detail, '$.findings') j
WHERE e.event IN ('accepted', 'rejected', 'held');
CREATE VIEW audit_deliveries AS SELECT a.run, a.code, json_extract(a.detail, '$.action') AS action,
  json_extract(a.detail, '$.key') AS idempotency_key, CASE WHEN a.digest IS NOT NULL THEN lower(hex(a.digest)) END AS content_digest,
  json_extract(a.detail, '$.attempt') AS attempt, json_extract(a.detail, '$.started_at') AS started_at,
  a.at AS finished_at, json_extract(a.detail, '$.status') AS http_status, a.event AS outcome,
  json_extract(a.detail, '$.version') AS portal_version, json_extract(a.detail, '$.words') AS error
FROM ledger a WHERE a.event IN ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed')
  AND json_extract(a.detail, '$.adopted') IS NULL
UNION ALL SELECT i.run, i.code, json_extract(i.detail, '$.action'), json_extract(i.detail, '$.key'),
  CASE WHEN i.digest IS NOT NULL THEN lower(hex(i.digest)) END, 0, i.at, NULL, NULL, 'unknown', NULL, NULL
FROM ledger i WHERE i.event = 'intended' AND NOT EXISTS (SELECT 1 FROM ledger a WHERE a.code = i.code
  AND a.run = i.run AND a.seq > i.seq AND a.event IN
  ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed', 'recalled'));
CREATE VIEW audit_versions AS SELECT code, seq, run, at, event, CASE WHEN held IS NOT NULL THEN lower(hex(held)) END AS content_digest, held AS digest,
  json_extract(detail, '$.version') AS portal_version,
  lead(run) OVER (PARTITION BY code ORDER BY seq) AS to_run,
  lead(at) OVER (PARTITION BY code ORDER BY seq) AS to_at,
  row_number() OVER (PARTITION BY code ORDER BY seq) AS number
FROM (SELECT e.code, e.seq, e.run, e.at, e.event, e.detail, CASE e.event WHEN 'published' THEN e.digest ELSE
    (SELECT p.digest FROM ledger p WHERE p.code = e.code AND p.event = 'published' AND p.seq < e.seq
     ORDER BY p.seq DESC LIMIT 1) END AS held
  FROM ledger e WHERE e.event IN ('published', 'withdrawn') AND e.code IS NOT NULL);
CREATE VIEW audit_current AS SELECT v.code,
  (SELECT json_extract(CAST(p.bytes AS TEXT), '$.name') FROM payload p WHERE p.digest = coalesce(v.digest,
    (SELECT e.digest FROM ledger e WHERE e.seq = v.seq))) AS name,
  CASE v.event WHEN 'withdrawn' THEN 'abolished' ELSE 'published' END AS status,
  v.content_digest, v.portal_version, v.at AS published_at, v.run
FROM audit_versions v WHERE v.to_run IS NULL;
CREATE VIEW audit_fields AS
WITH leaf AS (SELECT v.code, v.number, v.run, v.at, v.to_run, v.to_at, replace(substr(j.fullkey, 3), '"', '') AS field,
    CASE WHEN v.event = 'withdrawn' AND j.fullkey = '$.status' THEN 'abolished' ELSE CAST(j.atom AS TEXT) END AS value
  FROM audit_versions v JOIN payload p ON p.digest = v.digest, json_tree(CAST(p.bytes AS TEXT)) j
  WHERE j.atom IS NOT NULL),
island AS (SELECT *, number - row_number() OVER (PARTITION BY code, field, value ORDER BY number) AS run_of
  FROM leaf)
SELECT DISTINCT code, field, value,
  first_value(run) OVER w AS from_run, first_value(at) OVER w AS from_at,
  last_value(to_run) OVER w AS to_run, last_value(to_at) OVER w AS to_at
FROM island WINDOW w AS (PARTITION BY code, field, value, run_of ORDER BY number
  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);
CREATE VIEW audit_events AS SELECT seq, at, run, event, source, code,
  CASE WHEN digest IS NOT NULL THEN lower(hex(digest)) END AS digest, actor, detail, lower(hex(hash)) AS hash
FROM ledger;
CREATE VIEW procedure AS SELECT r.code, json_extract(CAST(p.bytes AS TEXT), '$.name') AS name,
  json_extract(CAST(p.bytes AS TEXT), '$.kind') AS kind, r.status,
  json_extract(CAST(p.bytes AS TEXT), '$.decision.number') AS decision_number,
  json_extract(CAST(p.bytes AS TEXT), '$.decision.signed_on') AS signed_on,
  json_extract(CAST(p.bytes AS TEXT), '$.decision.effective_on') AS effective_on,
  s.name AS source, CAST(p.bytes AS TEXT) AS content, r.id AS record
FROM record r JOIN payload p ON p.id = r.content JOIN source s ON s.id = r.source
WHERE r.present = 1 AND r.content IS NOT NULL;
PRAGMA application_id = 1667787569;
PRAGMA user_version = 1;
COMMIT;
