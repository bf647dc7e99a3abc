BEGIN TRANSACTION;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO setting VALUES('origin','congkhai/H13/0685cee60874');
INSERT INTO setting VALUES('packed_to','11');
INSERT INTO setting VALUES('store','0685cee60874');
CREATE TABLE payload (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  encoding INTEGER NOT NULL,
  size INTEGER NOT NULL,
  run INTEGER NOT NULL,
  forgotten INTEGER,
  bytes BLOB);
INSERT INTO payload VALUES(1,X'a1ab03bfe6b4078f20b47ac43ea5296e74a083ddf860b9f2ed2d59f84e064cbb',3,0,528,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f646573223a7b227374617475736573223a22636f6465732e637376227d2c226c616e6775616765223a22656e222c22706f7274616c223a7b22647269766572223a2272657374222c22696e5f666c69676874223a2234222c227265747279223a7b22617474656d707473223a2234222c226669727374223a2232306d73222c226d6f7374223a223230306d73227d2c2274696d656f7574223a223573222c2275726c223a22687474703a2f2f3132372e302e302e313a34333033352f7631227d2c22726574656e74696f6e223a7b22736f757263655f6279746573223a223164227d2c22736f7572636573223a5b7b226665746368223a7b22666f6c646572223a22696e626f78222c226d61746368223a222a2e6a736f6e227d2c22666f726d6174223a226a736f6e222c226b6579223a222f636f6465222c226c697374696e67223a2266756c6c222c226d6170223a7b22636f6465223a222f636f6465222c226b696e64223a222f6b696e64222c226e616d65223a222f6e616d65222c226e6f746573223a222f6e6f746573222c22737461747573223a222f737461747573227d2c226e616d65223a226f6e65227d5d2c2273746f7265223a2273746174652f636f6e676b6861692e6462227d');
INSERT INTO payload VALUES(2,X'9638095d4653bda69fdeebbad8bdc85f03cada4f6ceb9be0fcf4f8bbe5687e3c',3,0,105,1,NULL,X'7b22636f646573223a7b227374617475736573223a5b5b22616e6e6f756e636564222c22616e6e6f756e636564225d2c5b226472616674222c226472616674225d2c5b2261626f6c6973686564222c2261626f6c6973686564225d5d7d2c2272756c6573223a7b7d7d');
INSERT INTO payload VALUES(3,X'0ab0388d6b0ef846df3b2f1c55942834d1250500f3a312d464269826861b70de',0,0,73,1,NULL,X'7b22636f6465223a2022312e303030303031222c20226e616d65223a202243e1baa570206769e1baa579207068c3a970222c2022737461747573223a2022616e6e6f756e636564227d');
INSERT INTO payload VALUES(4,X'527d23a16991a98b4ff16ec872499ec4275fbcee0809fe6de280fec6fba1b89e',0,0,77,1,NULL,X'7b22636f6465223a2022312e303030303032222c20226e616d65223a20224769612068e1baa16e206769e1baa579207068c3a970222c2022737461747573223a2022616e6e6f756e636564227d');
INSERT INTO payload VALUES(5,X'12d93c57cfbd05542c1bc9714e4ca5262320d2212232ee98cff5918d33194a34',0,1,1042,1,NULL,X'789cedca310a83301806d0abfc7c7390885b4ed0a9532f1063d0d01a034906114fd1c9d1a143072f60c642ef919b140abd4227c7076f826cb55523c40435341a02a7b2c2cc7e2a0bce39e71518aec6361070b1be1905062b7b0d814b17a9cbe96ea835797f8ce4bad7d381c10e417b089c735adcb7907faf14f2be1aaa735ac87579df2cf5392d81544e9b2ce8d8c73ef61f36187c90217a08486b8768956e307f00815e07c8');
INSERT INTO payload VALUES(6,X'97ac59dcb1c55187bb8ed0675f4dd38fb085dce66ccf88ed09609f9f64ef3a2e',0,0,70,1,NULL,X'7b22636f6465223a2022312e303030303034222c20226e616d65223a202244e1bbb1207468e1baa36f222c2022737461747573223a20226e6f7468696e67206b6e6f776e227d');
INSERT INTO payload VALUES(7,X'46b6bbf5a61ca43bdecd4fbc4c8923ed31f9e23c4594570ac0bbed1d5f3d994a',0,0,0,1,NULL,X'');
INSERT INTO payload VALUES(8,X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',1,0,146,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303031222c226b696e64223a227075626c6963222c226e616d65223a2243e1baa570206769e1baa579207068c3a970222c22737461747573223a22616e6e6f756e636564227d');
INSERT INTO payload VALUES(9,X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',1,0,150,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303032222c226b696e64223a227075626c6963222c226e616d65223a224769612068e1baa16e206769e1baa579207068c3a970222c22737461747573223a22616e6e6f756e636564227d');
INSERT INTO payload VALUES(10,X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',1,0,1080,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303033222c226b696e64223a227075626c6963222c226e616d65223a225468752068e1bb9369206769e1baa579207068c3a970222c226e6f746573223a224ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e204ee1bb99702068e1bb932073c6a12074e1baa1692062e1bb99207068e1baad6e206de1bb99742063e1bbad612e222c22737461747573223a22616e6e6f756e636564227d');
INSERT INTO payload VALUES(11,X'09573621a5c6ee4904fa63d725f9a215eb007fc7c6b607772512672e58c12480',1,0,118,1,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303034222c226b696e64223a227075626c6963222c226e616d65223a2244e1bbb1207468e1baa36f227d');
INSERT INTO payload VALUES(12,X'df3134a731ff58f1e457fe3b9c0399a6513bfadc2902349afeb1cc96c1c12c62',0,0,85,2,NULL,X'7b22636f6465223a2022312e303030303032222c20226e616d65223a20224769612068e1baa16e206769e1baa579207068c3a970202873e1bbad6129222c2022737461747573223a2022616e6e6f756e636564227d');
INSERT INTO payload VALUES(13,X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',1,0,158,2,NULL,X'7b226167656e6379223a7b22636f6465223a22483133222c226e616d65223a2255424e44207468c3a06e68207068e1bb912043e1baa76e205468c6a1227d2c22636f6465223a22312e303030303032222c226b696e64223a227075626c6963222c226e616d65223a224769612068e1baa16e206769e1baa579207068c3a970202873e1bbad6129222c22737461747573223a22616e6e6f756e636564227d');
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
INSERT INTO ledger VALUES(1,'2026-11-28T23:12:17.165Z',1,'run-started',NULL,NULL,NULL,'root','{"command":"run","config_digest":"a1ab03bfe6b4078f20b47ac43ea5296e74a083ddf860b9f2ed2d59f84e064cbb","host":"vm","rules_digest":"9638095d4653bda69fdeebbad8bdc85f03cada4f6ceb9be0fcf4f8bbe5687e3c","version":"0.1.0"}',X'4cfa99b1a5e8c0be975aba36f174036eecb579d100265d5fff83034af34d03fc');
INSERT INTO ledger VALUES(2,'2026-11-28T23:12:17.174Z',1,'listed','one',NULL,NULL,NULL,'{"changed":5,"missing":0,"returned":0,"seen":5,"whole":true}',X'c19d608208cf29c2b652474e1e16aa140b81423524e0ddc0589bffad6d2e471e');
INSERT INTO ledger VALUES(3,'2026-11-28T23:12:17.180Z',1,'accepted','one','1.000001',X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',NULL,'{"key":"1.000001","locator":"inbox/1.json","source_digest":"0ab0388d6b0ef846df3b2f1c55942834d1250500f3a312d464269826861b70de"}',X'4742e80d03ca1cc878fe7df5e08cf26aadb92163ed36ef57173a53525f3460e0');
INSERT INTO ledger VALUES(4,'2026-11-28T23:12:17.180Z',1,'accepted','one','1.000002',X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',NULL,'{"key":"1.000002","locator":"inbox/2.json","source_digest":"527d23a16991a98b4ff16ec872499ec4275fbcee0809fe6de280fec6fba1b89e"}',X'c549f525a8bea73647b827c15bb6589ac5af896360acb99ec87584f6937fd1ce');
INSERT INTO ledger VALUES(5,'2026-11-28T23:12:17.180Z',1,'accepted','one','1.000003',X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',NULL,'{"key":"1.000003","locator":"inbox/3.json","source_digest":"12d93c57cfbd05542c1bc9714e4ca5262320d2212232ee98cff5918d33194a34"}',X'537f82f0391d7c16192e1b025142be552292cd8d10c0a0de04357a3da7effe44');
INSERT INTO ledger VALUES(6,'2026-11-28T23:12:17.180Z',1,'rejected','one','1.000004',X'09573621a5c6ee4904fa63d725f9a215eb007fc7c6b607772512672e58c12480',NULL,'{"findings":[{"field":"status","message":"This must be one of draft, announced, abolished (see \"codes\" in the map)","rule":"congkhai/choice","severity":"error","value":"nothing known"}],"key":"1.000004","locator":"inbox/4.json","source_digest":"97ac59dcb1c55187bb8ed0675f4dd38fb085dce66ccf88ed09609f9f64ef3a2e"}',X'018616d24d5f00e3b69dc518887663e9f099e369e442daded6bfbe4e2bacb23c');
INSERT INTO ledger VALUES(7,'2026-11-28T23:12:17.180Z',1,'rejected','one',NULL,NULL,NULL,'{"findings":[{"message":"the document is empty","rule":"congkhai/decode","severity":"error"}],"key":"@inbox/5.json","locator":"inbox/5.json","source_digest":"46b6bbf5a61ca43bdecd4fbc4c8923ed31f9e23c4594570ac0bbed1d5f3d994a"}',X'f42a2b732ba388a7a52bd62ed8e9a073ecdd76d2f6e63da8bd911c2e5a62f932');
INSERT INTO ledger VALUES(8,'2026-11-28T23:12:17.181Z',1,'intended',NULL,'1.000001',X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',NULL,'{"action":"publish","key":"congkhai-0685cee60874-8-52f9d6cce4cabb99"}',X'0b3783a7152e41bfed4651247372ef2fcc8c73f0a358c303aad3d771a960d030');
INSERT INTO ledger VALUES(9,'2026-11-28T23:12:17.181Z',1,'intended',NULL,'1.000002',X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',NULL,'{"action":"publish","key":"congkhai-0685cee60874-9-dd890a2246b559e7"}',X'45d6429b21e8cd21741bcce1c2a84813e2c200b791449221e5a73b169e547630');
INSERT INTO ledger VALUES(10,'2026-11-28T23:12:17.181Z',1,'intended',NULL,'1.000003',X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',NULL,'{"action":"publish","key":"congkhai-0685cee60874-10-a62cb5fa6723b295"}',X'c1cfaf2474e9b1211a1727993ddca46f2aa716670f595a414e947b9581e7d906');
INSERT INTO ledger VALUES(11,'2026-11-28T23:12:17.183Z',1,'published',NULL,'1.000001',X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1',NULL,'{"action":"publish","answer_digest":"9d8c791df5932dc791c97513f1f5768d8c71d10acda73b6e9a7c1ee064cb75de","attempt":1,"etag":"\"1\"","key":"congkhai-0685cee60874-8-52f9d6cce4cabb99","started_at":"2026-11-28T23:12:17.181Z","status":201,"version":"1"}',X'e2fb47f03228ecb76315ce679765f98dd91e14d6a52f01244f589a514f2060a7');
INSERT INTO ledger VALUES(12,'2026-11-28T23:12:17.184Z',1,'published',NULL,'1.000002',X'973275764126192d4e01307c2e456f282fa596816e8b3ee6eb5e9fd0969d55ca',NULL,'{"action":"publish","answer_digest":"1b2d461ecbff89c961a853856f5c6ab262a71c35953ad11220dab145c3e2630e","attempt":1,"etag":"\"1\"","key":"congkhai-0685cee60874-9-dd890a2246b559e7","started_at":"2026-11-28T23:12:17.181Z","status":201,"version":"1"}',X'b86dfbbb0596a29e6e4b92938a1f5de44f98732ec3cf1fe5133a01658eef0ef6');
INSERT INTO ledger VALUES(13,'2026-11-28T23:12:17.184Z',1,'published',NULL,'1.000003',X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd',NULL,'{"action":"publish","answer_digest":"7f463291488e5031cabba04d4a751fd5a65c8cfe104d023876509c0dba89a87c","attempt":1,"etag":"\"1\"","key":"congkhai-0685cee60874-10-a62cb5fa6723b295","started_at":"2026-11-28T23:12:17.181Z","status":201,"version":"1"}',X'90e667ad679226dac12750e93f352060e3df6cd71d351f65208a6c96b827236c');
INSERT INTO ledger VALUES(14,'2026-11-28T23:12:17.192Z',1,'run-finished',NULL,NULL,NULL,NULL,'{"accepted":3,"changed":5,"conflict":0,"exit_code":1,"failed":0,"held":0,"missing":0,"pending":0,"published":3,"refused":0,"rejected":2,"seen":5,"sent":3,"unknown":0,"withdrawn":0}',X'8db9d6c8919a35626ce8fab5301b50a63b60477320f8c96882bec20348cafa06');
INSERT INTO ledger VALUES(15,'2026-11-28T23:12:17.267Z',2,'run-started',NULL,NULL,NULL,'root','{"command":"run","config_digest":"a1ab03bfe6b4078f20b47ac43ea5296e74a083ddf860b9f2ed2d59f84e064cbb","host":"vm","rules_digest":"9638095d4653bda69fdeebbad8bdc85f03cada4f6ceb9be0fcf4f8bbe5687e3c","version":"0.1.0"}',X'fd3d50a393757a537bcc18ecff08b8d1bbf058375469463b801f4650103d37c6');
INSERT INTO ledger VALUES(16,'2026-11-28T23:12:17.274Z',2,'missing','one','1.000001',NULL,NULL,'{"key":"1.000001"}',X'3c088b5a1915a9662bf12107e63904b2aeb411232c2cdd25fbb1d3491979aafb');
INSERT INTO ledger VALUES(17,'2026-11-28T23:12:17.274Z',2,'listed','one',NULL,NULL,NULL,'{"changed":1,"missing":1,"returned":0,"seen":4,"whole":true}',X'ece4bb9ddd753dff95274b9bb2bf3d02340c822bd170cb9f64ee399ef9eb293a');
INSERT INTO ledger VALUES(18,'2026-11-28T23:12:17.280Z',2,'accepted','one','1.000002',X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',NULL,'{"key":"1.000002","locator":"inbox/2.json","source_digest":"df3134a731ff58f1e457fe3b9c0399a6513bfadc2902349afeb1cc96c1c12c62"}',X'9bac2851e689b931b017ce56af3f2155668cbd5342e23d431585a7d1cbbc056f');
INSERT INTO ledger VALUES(19,'2026-11-28T23:12:17.280Z',2,'intended',NULL,'1.000002',X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',NULL,'{"action":"publish","base":"\"1\"","key":"congkhai-0685cee60874-19-a6dec0659b8e739b"}',X'3ed8e71b16a7651766b1cf8deec1e632fe395f40deee692a0ecfa571f9ba155f');
INSERT INTO ledger VALUES(20,'2026-11-28T23:12:17.286Z',2,'published',NULL,'1.000002',X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48',NULL,'{"action":"publish","answer_digest":"066e3e655e4eef40a6fd9258b8d30e68e46785dc9268c8fc07fa80ed9dee2eae","attempt":1,"base":"\"1\"","etag":"\"2\"","key":"congkhai-0685cee60874-19-a6dec0659b8e739b","started_at":"2026-11-28T23:12:17.284Z","status":200,"version":"2"}',X'745c6c3e68ed20cfb7413afd09f3b61f19421234363652b5f25b094f82292621');
INSERT INTO ledger VALUES(21,'2026-11-28T23:12:17.290Z',2,'run-finished',NULL,NULL,NULL,NULL,'{"accepted":1,"changed":1,"conflict":0,"exit_code":1,"failed":0,"held":0,"missing":1,"pending":0,"published":1,"refused":0,"rejected":0,"seen":4,"sent":1,"unknown":0,"withdrawn":0}',X'eb9c822a7600c805ce1c5314d02eafb7697b7659a16ebeb8b84fd58420b46fd1');
CREATE TABLE tree (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, frontier BLOB NOT NULL);
INSERT INTO tree VALUES(1,21,X'000000000000001552a0cbd9b52ddc8de17d9fe507446413380c5b3500014df6821185f87f769cb59600884112de61ecf3940486fcf19ca76752a9852d808fe5eff9d86f6021e770eb9c822a7600c805ce1c5314d02eafb7697b7659a16ebeb8b84fd58420b46fd1');
CREATE TABLE checkpoint (run INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, frontier BLOB NOT NULL,
  note TEXT NOT NULL);
INSERT INTO checkpoint VALUES(1,14,X'951a310e569e3d1fef18411e7371f7e331e5f6b99a76ba6fb424dac29e65e02d',X'000000000000000e05e810ea8b9ff104edd83eea6670435f8eb7cf73c7366c20b17536673b648a83596752bdeefa89b3255d86cd3c1794ca4e6b95eef7bfb152a65ef8eb5602ef59d1647b38bdd5dd643cee8a5f65bcb23fd1c6ff600dc921841bdcaded633318e1',replace('congkhai/H13/0685cee60874\n14\nlRoxDlaePR/vGEEec3H34zHl9rmadrpvtCTawp5l4C0=\n','\n',char(10)));
INSERT INTO checkpoint VALUES(2,21,X'2093615bab5c4537956a01b9808678c7bab93913374873c8272fd4fde3cfbe45',X'000000000000001552a0cbd9b52ddc8de17d9fe507446413380c5b3500014df6821185f87f769cb59600884112de61ecf3940486fcf19ca76752a9852d808fe5eff9d86f6021e770eb9c822a7600c805ce1c5314d02eafb7697b7659a16ebeb8b84fd58420b46fd1',replace('congkhai/H13/0685cee60874\n21\nIJNhW6tcRTeVagG5gIZ4x7q5ORM3SHPIJy/U/ePPvkU=\n','\n',char(10)));
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
INSERT INTO record VALUES(2,1,'1.000002','inbox/2.json',X'df3134a731ff58f1e457fe3b9c0399a6513bfadc2902349afeb1cc96c1c12c62',12,NULL,NULL,1,0,1,2,'1.000002',13,'announced',NULL,'accepted');
INSERT INTO record VALUES(3,1,'1.000003','inbox/3.json',X'12d93c57cfbd05542c1bc9714e4ca5262320d2212232ee98cff5918d33194a34',5,NULL,NULL,1,0,1,2,'1.000003',10,'announced',NULL,'accepted');
INSERT INTO record VALUES(4,1,'1.000004','inbox/4.json',X'97ac59dcb1c55187bb8ed0675f4dd38fb085dce66ccf88ed09609f9f64ef3a2e',6,NULL,NULL,1,0,1,2,'1.000004',11,NULL,NULL,'rejected');
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
INSERT INTO procedure_state VALUES('1.000001',1,NULL,NULL,NULL,NULL,'published',8,X'7761f519b01272578146559b3b5029bfe192850a3c1e24a6361e2406bf9274d1','1','"1"',1,'2026-11-28T23:12:17.183Z','idle',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO procedure_state VALUES('1.000002',2,NULL,NULL,NULL,NULL,'published',13,X'71c793d14c56bebbb5b95b38a19de03c947a3d7846738a40aa4e12c74c0b7b48','2','"2"',2,'2026-11-28T23:12:17.286Z','idle',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO procedure_state VALUES('1.000003',3,NULL,NULL,NULL,NULL,'published',10,X'1c2d3d8dd8d679ce0294bd3102ad34d510c3451925acf0cd3aa0393f4cad5fcd','1','"1"',1,'2026-11-28T23:12:17.184Z','idle',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
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
